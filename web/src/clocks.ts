/* When the clocks of a zone change. */
import { DAY, MIN } from "./time";

export interface Change { at: number; by: number; zones: string[] }

const formats = new Map<string, Intl.DateTimeFormat | null>();
function formatOf(zone: string) {
	if (!formats.has(zone)) {
		let format = null;
		try {
			format = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });
		} catch { /* the browser does not know it */ }
		formats.set(zone, format);
	}
	return formats.get(zone);
}

/* How far it is before UTC: of "GMT+05:30". */
function offset(format: Intl.DateTimeFormat, at: number): number {
	const text = format.formatToParts(at).find((p) => p.type === "timeZoneName")?.value ?? "";
	const m = /([+-])(\d\d):(\d\d)/.exec(text);
	return m ? (m[1] === "-" ? -1 : 1) * (Number(m[2]) * 60 + Number(m[3])) * MIN : 0;
}

function changesOf(zone: string, from: number, to: number): Change[] {
	const format = formatOf(zone), out: Change[] = [];
	if (!format) return out;
	for (let begin = from; begin < to; begin += DAY) {
		const before = offset(format, begin);
		let lo = begin, hi = begin + DAY;
		if (offset(format, hi) === before) continue;
		while (hi - lo > MIN) {
			const mid = Math.round((lo + hi) / 2 / MIN) * MIN;
			if (mid === lo || mid === hi) break;
			if (offset(format, mid) === before) lo = mid;
			else hi = mid;
		}
		const at = Math.round(hi / MIN) * MIN;
		if (at < to) out.push({ at, by: offset(format, at) - before, zones: [zone] });
	}
	return out;
}

/* Those of all these zones, in turn; what several do at once is one. */
export function clockChanges(zones: string[], from: number, to: number): Change[] {
	const out: Change[] = [];
	for (const change of [...new Set(zones)].flatMap((zone) => changesOf(zone, from, to))) {
		const same = out.find((c) => c.at === change.at && c.by === change.by);
		if (same) same.zones.push(...change.zones);
		else out.push(change);
	}
	return out.sort((a, b) => a.at - b.at);
}
