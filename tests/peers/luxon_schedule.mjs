// What schedule_walk prints (ZONE KIND INSTANT PERSON), reckoned once more by luxon.
//
//	schedule_walk ZONE... | node luxon_schedule.mjs
//
// Twice: by the zone files of this machine, which Firstline reads too, so all of it must agree;
// and by the zones that this Node brings itself. Those are of another release of the time zone
// database where process.versions.tz is not that of the machine: a country that has changed
// its law since then has other clocks in one of them. So where Node and the machine differ in a
// zone, moment-timezone of Node's release, which is built from the database by others, must
// have what Node has at every instant; then it is the release, and nothing of ours. In every
// other zone Node must agree with Firstline too, and in all of them where the releases are the
// same.
import fs from "node:fs";
import readline from "node:readline";
import { DateTime, IANAZone, Zone } from "luxon";
import moment from "moment-timezone";

const FILES = "/usr/share/zoneinfo";
const FROM = Date.UTC(2000, 0, 1) / 1000, UNTIL = Date.UTC(2038, 0, 1) / 1000;
const ANCHOR = Date.UTC(2000, 0, 3) / 86400000;
const PEOPLE = ["ana", "piotr", "mei"];
const KINDS = { weekly: [7, 150], fortnightly: [14, 180], "daily-0000": [1, 0], "daily-0230": [1, 150], "three-days": [3, 60], nights: [7, 720] };
const NIGHT = { begins: 22 * 60 + 30, ends: 2 * 60 + 15 };

// ---- the machine's files: RFC 8536, the 64-bit part, and its rule for what comes after ----

function posix(text) {
	// "CET-1CEST,M3.5.0,M10.5.0/3"
	const name = "(?:<[^>]+>|[A-Za-z]+)", time = "([+-]?\\d+(?::\\d+){0,2})";
	const m = new RegExp(`^${name}${time}(?:${name}${time}?(?:,([^,]+),([^,]+))?)?$`).exec(text);
	const secs = (t) => t.replace(/^[+-]/, "").split(":").reduce((s, p, i) => s + p * [3600, 60, 1][i], 0) * (t.startsWith("-") ? -1 : 1);
	const std = -secs(m[1]);
	if (m[3] === undefined) return { std };
	const day = (rule) => {
		const [date, at] = rule.split("/");
		const when = at === undefined ? 7200 : secs(at);
		return (year) => {
			const jan1 = Date.UTC(year, 0, 1) / 86400000, leap = new Date(Date.UTC(year, 1, 29)).getUTCMonth() === 1;
			if (date[0] === "J") return (jan1 + +date.slice(1) - 1 + (leap && +date.slice(1) > 59 ? 1 : 0)) * 86400 + when;
			if (date[0] !== "M") return (jan1 + +date) * 86400 + when;
			const [month, week, weekday] = date.slice(1).split(".").map(Number);
			const first = Date.UTC(year, month - 1, 1) / 86400000, last = Date.UTC(year, month, 1) / 86400000 - 1;
			let d = first + (weekday - ((first + 4) % 7) + 7) % 7 + (week - 1) * 7;
			while (d > last) d -= 7;
			return d * 86400 + when;
		};
	};
	return { std, dst: m[2] ? -secs(m[2]) : std + 3600, begins: day(m[3]), ends: day(m[4]) };
}

// Every change of the offset from FROM to UNTIL, and what held before.
function changesOf(name) {
	const b = fs.readFileSync(`${FILES}/${name}`);
	const counts = (at) => [0, 1, 2, 3, 4, 5].map((i) => b.readUInt32BE(at + 20 + 4 * i)); // isut isstd leap time type char
	const [u, s, l, t, y, c] = counts(0);
	let at = 44 + t * 5 + y * 6 + c + l * 8 + s + u;
	const [u2, s2, l2, n, types, chars] = counts(at);
	at += 44;
	const type = (i) => b.readInt32BE(at + n * 9 + i * 6);
	const list = [[-Infinity, type(0)]];
	for (let i = 0; i < n; i++) list.push([Number(b.readBigInt64BE(at + i * 8)), type(b[at + n * 8 + i])]);
	const foot = b.subarray(at + n * 9 + types * 6 + chars + l2 * 12 + s2 + u2).toString("latin1").split("\n")[1];
	if (foot) {
		const rule = posix(foot), last = list[list.length - 1][0];
		if (rule.begins === undefined) {
			if (last === -Infinity) list.push([FROM - 86400 * 400, rule.std]);
		} else {
			for (let year = 1999; year <= 2038; year++)
				for (const [when, off] of [[rule.begins(year) - rule.std, rule.dst], [rule.ends(year) - rule.dst, rule.std]].sort((p, q) => p[0] - q[0]))
					if (when > last) list.push([when, off]);
		}
	}
	return list;
}

class FileZone extends Zone {
	constructor(name) { super(); this.id = name; this.changes = changesOf(name); }
	get type() { return "file"; }
	get name() { return this.id; }
	get isUniversal() { return false; }
	get isValid() { return true; }
	equals(other) { return other.type === "file" && other.name === this.id; }
	offsetName() { return this.id; }
	formatOffset() { return ""; }
	offset(ms) {
		const s = Math.floor(ms / 1000), list = this.changes;
		let low = 0, high = list.length;
		while (high - low > 1) {
			const middle = (low + high) >> 1;
			if (list[middle][0] <= s) low = middle; else high = middle;
		}
		return list[low][1] / 60;
	}
}

// ---- the rule: a start is the first time at which clocks show it, an end the last; where
// they skip it, when they do ----

function instant(zone, day, minute, end = false) {
	const civil = new Date(day * 86400000);
	const at = DateTime.fromObject({ year: civil.getUTCFullYear(), month: civil.getUTCMonth() + 1, day: civil.getUTCDate(), hour: Math.floor(minute / 60), minute: minute % 60 }, { zone });
	const shows = (t) => t.hour * 60 + t.minute === minute && t.day === civil.getUTCDate();
	if (shows(at)) {
		const both = at.getPossibleOffsets().filter(shows).map((t) => t.toSeconds());
		return end ? Math.max(...both) : Math.min(...both);
	}
	let low = at.toSeconds() - 86400 * 1.5, high = low + 86400 * 3;
	const local = Date.UTC(civil.getUTCFullYear(), civil.getUTCMonth(), civil.getUTCDate()) / 1000 + minute * 60;
	while (high - low > 1) {
		const middle = Math.floor((low + high) / 2);
		if (middle + zone.offset(middle * 1000) * 60 < local) low = middle; else high = middle;
	}
	return high;
}

const dayOf = (zone, at) => Math.floor((at + zone.offset(at * 1000) * 60) / 86400);

function isRight(zone, kind, at, person, before) {
	const today = dayOf(zone, at);
	if (kind === "nights") {
		const begins = person !== "-";
		return [today - 1, today, today + 1].some((day) => instant(zone, day, begins ? NIGHT.begins : NIGHT.ends, !begins) === at);
	}
	const [days, minute] = KINDS[kind];
	for (const day of [today, today - 1, today + 1]) {
		if ((day - ANCHOR) % days !== 0 || instant(zone, day, minute) !== at) continue;
		const turn = (day - ANCHOR) / days;
		if (PEOPLE[((turn % 3) + 3) % 3] !== person) continue;
		// Between two turns that follow each other lies none, but of days that never were.
		if (before.turn !== undefined && at - before.at < 2 * days * 86400)
			for (let k = before.turn + 1; k < turn; k++)
				if (instant(zone, ANCHOR + k * days, minute) !== at) return false;
		Object.assign(before, { turn, at });
		return true;
	}
	return false;
}

// ---- the two ----

const within = (t) => t >= FROM && t < UNTIL;
const EACH = []; // for a change that only one of the two has
for (let t = FROM; t < UNTIL; t += 86400 * 5) EACH.push(t);

// The first of these instants, or the second before it, at which the two differ.
function differs(one, other, instants) {
	for (const t of instants)
		for (const at of [t - 1, t])
			if (within(at) && one.offset(at * 1000) !== other.offset(at * 1000)) return at;
	return undefined;
}

// Is that what the release has which Node is of?
function isOfRelease(name, own) {
	const zone = moment.tz.zone(name);
	if (zone === null || moment.tz.dataVersion !== process.versions.tz) return false;
	const release = { offset: (ms) => -zone.utcOffset(ms) };
	const instants = zone.untils.filter(Number.isFinite).map((ms) => ms / 1000);
	return differs(own, release, [...instants, ...EACH]) === undefined;
}

const machine = /^# version (\S+)/.exec(fs.readFileSync(`${FILES}/tzdata.zi`, "utf8"))?.[1];
const result = { machine, node: process.versions.tz, zones: 0, boundaries: 0, wrong: 0, release: {}, unknown: [] };
const wrong = (text) => { if (result.wrong++ < 10) console.log(text); };

let name, file, own, kind, before, ownBefore;
function begin(zone) {
	[name, kind, file] = [zone, undefined, new FileZone(zone)];
	result.zones++;
	own = IANAZone.isValidZone(zone) ? IANAZone.create(zone) : undefined;
	if (own === undefined) result.unknown.push(zone);
	const at = own && differs(file, own, [...file.changes.map(([t]) => t), ...EACH]);
	if (at === undefined) return;
	if (machine !== process.versions.tz && isOfRelease(zone, own)) result.release[zone] = new Date(at * 1000).toISOString();
	else wrong(`${zone}: Node has other clocks at ${at}, and it is not by its release`);
	own = undefined;
}

for await (const line of readline.createInterface({ input: process.stdin })) {
	const [zone, what, instantText, person] = line.split(" ");
	if (zone !== name) begin(zone);
	if (what !== kind) [kind, before, ownBefore] = [what, {}, {}];
	const at = Number(instantText);
	if (!isRight(file, kind, at, person, before)) wrong(`by the machine's zones: ${line}`);
	// Its offsets are the same ones: some of the boundaries will do.
	if (own !== undefined && result.boundaries % 8 === 0 && !isRight(own, kind, at, person, ownBefore)) wrong(`by Node's own zones: ${line}`);
	result.boundaries++;
}
console.log(JSON.stringify(result));
process.exit(result.wrong > 0 || result.boundaries === 0 ? 1 : 0);
