/*
 * What is true now, kept so by the event stream.
 *
 * A snapshot is fetched, then every row that changes comes by /v1/events. When the
 * connection is lost the page keeps what it has, says how old it is, and comes back with
 * Last-Event-ID; what the server cannot tell any more is fetched again.
 */
import { ApiError, all, comeBack, failure, get, whoIsHere, type List } from "./api";
import { Store, seconds } from "./store";
import { DAY, learnClock, now } from "./time";
import type { Asked, Attempt, Decision, Duty, Handoff, Incident, Lease, Run, Status, TimelineRow, Whole } from "./types";

type Link = "connecting" | "live" | "lost" | "denied";

class Live extends Store {
	link: Link = "connecting";
	heard = 0; /* Date.now() of the last byte */
	why = "";
	status: Status | null = null;
	incidents = new Map<number, Incident>();
	recent = new Map<number, Incident>(); /* closed, of the last 24 h */
	duty: Duty[] = [];
	asked = new Map<number, Asked>();
	leases = new Map<number, Lease>();
	waiting = new Map<number, number>(); /* incident -> the run of it that waits for a person */
	details = new Map<number, Whole>();
	loaded = false;
	more = 0; /* open incidents beyond those held here */
}
export const live = new Live(100);

/* Of single rows, for pages that show what the board does not. */
const listeners = new Set<(kind: string, row: unknown) => void>();
export function onRow(f: (kind: string, row: unknown) => void) {
	listeners.add(f);
	return () => void listeners.delete(f);
}

const OPEN_MAX = 5000;

const snapshot = () => Promise.all([
	get<Status>("/v1/status"), all<Incident>("/v1/incidents?state=open", OPEN_MAX), get<List<Duty>>("/v1/on-call"),
	all<Asked>("/v1/asked", 1000), all<Lease>("/v1/leases", 1000)]);

/* While it is not known yet who is here: of most it is, by their cookie. */
let early: ReturnType<typeof snapshot> | null = null;
export function look() {
	/* What is looked at goes before all else. */
	const id = Number(/^\/incidents\/(\d{1,9})$/.exec(location.pathname)?.[1]);
	if (id) void fetchDetail(id).catch(() => {});
	early = snapshot();
	early.then(refreshRecent).catch(() => { early = null; });
}

/* What was read may be older than what the stream told meanwhile: that is told once more. */
interface Told { kind: string; row: unknown }
const readers = new Set<{ of: number | undefined; told: Told[] }>();
async function reading<T>(asked: Promise<T>, show: (found: T) => void, of?: number) {
	const reader = { of, told: [] as Told[] };
	readers.add(reader);
	try {
		show(await asked);
		for (const { kind, row } of reader.told) apply(kind, row);
		live.changed();
	} finally {
		readers.delete(reader);
	}
}

export const refresh = () => reading(snapshot(), show);

function show([status, open, duty, asked, leases]: Awaited<ReturnType<typeof snapshot>>) {
	if (learnClock(status.now_wall)) seconds.changed();
	live.status = status;
	live.incidents = new Map(open.items.map((i) => [i.id, i]));
	live.waiting = new Map(open.items.flatMap((i) => (i.waiting_run ? [[i.id, i.waiting_run] as const] : [])));
	live.more = Math.max(0, status.incidents_open - open.items.length);
	live.duty = duty.items;
	live.asked = new Map(asked.items.map((a) => [a.id, a]));
	live.leases = new Map(leases.items.map((l) => [l.id, l]));
	live.loaded = true;
	live.changed();
}

export const refreshRecent = () => reading(get<List<Incident>>("/v1/incidents?state=closed&limit=500"), (page) => {
	const since = now() - DAY;
	live.recent = new Map(page.items.filter((i) => i.closed_wall && Date.parse(i.closed_wall) > since).map((i) => [i.id, i]));
});

/* It goes on when a person answers, or says yes; what acts unless it is vetoed does not wait. */
export const waitsForPerson = (run: Run) => run.state === "running" && (run.phase === "answer" || (run.phase === "permit" && run.level !== "veto"));

function runWaits(incident: number, run: number, waits: boolean) {
	if (waits) live.waiting.set(incident, run);
	else if (live.waiting.get(incident) === run) live.waiting.delete(incident);
}

/* An incident with all that belongs to it; kept up to date while it is held. */
const held = new Map<number, number>();
const fetching = new Map<number, Promise<void>>();
export function hold(id: number) {
	held.set(id, (held.get(id) ?? 0) + 1);
	if (!live.details.has(id)) void fetchDetail(id).catch(() => {});
	return () => {
		const n = (held.get(id) ?? 1) - 1;
		if (n > 0) {
			held.set(id, n);
			return;
		}
		held.delete(id);
		setTimeout(() => { if (!held.has(id)) live.details.delete(id); }, 60_000);
	};
}
export function fetchDetail(id: number): Promise<void> {
	const going = fetching.get(id);
	if (going) return going;
	const one = reading(get<Whole>(`/v1/incidents/${id}`), (whole) => {
		live.details.set(id, whole);
		if (whole.incident.state !== "closed") live.incidents.set(id, whole.incident);
		for (const run of whole.runs) runWaits(id, run.id, waitsForPerson(run));
	}, id).finally(() => fetching.delete(id));
	fetching.set(id, one);
	return one;
}

function upsert<T extends { id: number }>(rows: T[], row: T) {
	const i = rows.findIndex((r) => r.id === row.id);
	if (i >= 0) rows[i] = row;
	else rows.push(row);
}

let statusTimer = 0;
function statusSoon() {
	if (statusTimer) return;
	statusTimer = window.setTimeout(async () => {
		statusTimer = 0;
		try {
			live.status = await get<Status>("/v1/status");
			if (learnClock(live.status.now_wall)) seconds.changed();
			live.changed();
		} catch { /* the link says so */ }
	}, 700);
}

const stale = new Set<number>();
let staleTimer = 0;
function fetchStale(id: number) {
	stale.add(id);
	staleTimer ||= window.setTimeout(() => {
		staleTimer = 0;
		const ids = [...stale];
		stale.clear();
		if (ids.length > 20) void refresh().catch(() => {});
		else for (const n of ids) void fetchDetail(n).catch(() => {});
	}, 250);
}

function take(kind: string, row: unknown) {
	const one = row as { id: number; incident?: number }, of = kind === "incident" ? one.id : one.incident;
	for (const reader of readers) if (reader.of === undefined || reader.of === of) reader.told.push({ kind, row });
	apply(kind, row);
	statusSoon();
	listeners.forEach((f) => f(kind, row));
}

function apply(kind: string, row: unknown) {
	const detail = (id: number) => live.details.get(id);
	switch (kind) {
	case "incident": {
		const incident = row as Incident;
		if (incident.state === "closed") {
			live.incidents.delete(incident.id);
			live.waiting.delete(incident.id);
			live.recent.set(incident.id, incident);
		} else {
			live.incidents.set(incident.id, incident);
		}
		const d = detail(incident.id);
		if (d) d.incident = incident;
		stale.delete(incident.id);
		break;
	}
	case "timeline": {
		const line = row as TimelineRow;
		const d = detail(line.incident);
		if (d) upsert(d.timeline, line);
		/* Its rows come with it, but from far back, when it comes alone. */
		if (line.incident && catching) fetchStale(line.incident);
		break;
	}
	case "run": {
		const run = row as Run, d = detail(run.incident);
		if (d) upsert(d.runs, run);
		runWaits(run.incident, run.id, waitsForPerson(run));
		break;
	}
	case "attempt": {
		const d = detail((row as Attempt).incident);
		if (d) upsert(d.attempts, row as Attempt);
		break;
	}
	case "decision": {
		const d = detail((row as Decision).incident);
		if (d) upsert(d.decisions, row as Decision);
		break;
	}
	case "handoff": {
		const d = detail((row as Handoff).incident);
		if (d) upsert(d.handoffs, row as Handoff);
		break;
	}
	case "notice": {
		const d = detail((row as { incident: number }).incident);
		if (d) upsert(d.notices, row as never);
		break;
	}
	case "asked": {
		const one = row as Asked;
		const d = detail(one.incident);
		if (d) upsert(d.asked, one);
		if (one.state === "facts" || one.state === "approval") live.asked.set(one.id, one);
		else live.asked.delete(one.id);
		break;
	}
	case "lease": {
		const lease = row as Lease;
		const open = !lease.over || (lease.kind === "break-glass" && !lease.reviewed_by);
		if (open) live.leases.set(lease.id, lease);
		else live.leases.delete(lease.id);
		break;
	}
	}
}

/* ---- the stream ---- */

let last = "";
let catching = false;
let stop: AbortController | null = null;

/* What was looked at before is told from where the stream begins: the first entry that any
 * part of it may lack. */
async function begins(): Promise<boolean> {
	const found = await early?.catch(() => null);
	early = null;
	if (!found || last !== "") return false;
	show(found);
	last = String(Math.min(...found.map((part) => part.seq)));
	/* An incident does not say when it was true: what was read of it before is read again. */
	for (const id of new Set([...live.details.keys(), ...fetching.keys()])) void Promise.resolve(fetching.get(id)).then(() => fetchDetail(id)).catch(() => {});
	return true;
}

async function listen(signal: AbortSignal) {
	const begun = await begins();
	const resumes = last !== "";
	/* Behind all that is asked for at once: it stays open, and what it tells comes later anyway. */
	const answer = await fetch("/v1/events", { signal, cache: "no-store", credentials: "same-origin", priority: "low",
		headers: resumes ? { "Last-Event-ID": last } : {} });
	if (answer.status === 401 || answer.status === 403) throw new ApiError(answer.status, "not signed in", 4);
	if (!answer.ok || !answer.body) throw await failure(answer);
	catching = resumes && !begun;
	const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
	heardNow();
	/* The stream is open, so nothing falls between the snapshot and it. */
	if (!begun) void refresh().then(() => { catching = false; for (const id of held.keys()) void fetchDetail(id).catch(() => {}); }).catch(() => {});
	if (!begun) void refreshRecent().catch(() => {});
	let text = "";
	for (;;) {
		const { done, value } = await reader.read();
		if (done) return;
		heardNow();
		text += value;
		const blocks = text.split("\n\n");
		text = blocks.pop() ?? "";
		let any = false;
		for (const block of blocks) any = read(block) || any;
		if (any) live.changed();
	}
}

function read(block: string): boolean {
	let kind = "", data = "", id = "";
	for (const line of block.split("\n")) {
		if (line.startsWith("event: ")) kind = line.slice(7);
		else if (line.startsWith("data: ")) data += line.slice(6);
		else if (line.startsWith("id: ")) id = line.slice(4);
	}
	if (kind && data) {
		try {
			take(kind, JSON.parse(data));
		} catch { /* a row that is none is nobody's */ }
	}
	if (id) last = id;
	return kind !== "";
}

function heardNow() {
	live.heard = Date.now();
	if (live.link === "live") return;
	live.link = "live";
	live.changed();
}

function lost(link: Link, why: string) {
	if (live.link !== link || live.why !== why) {
		live.link = link;
		live.why = why;
		live.changed();
	}
}

const QUIET_MS = 40_000; /* the server pings every 15 s */

export async function follow() {
	stop?.abort();
	for (let tries = 0; ; tries++) {
		const mine = stop = new AbortController(), as = whoIsHere();
		const watch = setInterval(() => {
			if (Date.now() - live.heard > QUIET_MS) mine.abort();
		}, 5000);
		try {
			live.heard ||= Date.now();
			await listen(mine.signal);
			tries = 0;
			lost("lost", "the server ended the stream");
		} catch (error) {
			if (error instanceof ApiError && (error.status === 401 || error.status === 403)) {
				clearInterval(watch);
				const back = error.status === 401 && whoIsHere() && await comeBack(as).then(() => true, () => false);
				if (stop !== mine) return; /* somebody began anew */
				if (back) continue;
				lost("denied", "");
				return;
			}
			if (error instanceof ApiError && error.status === 507) away(error.message);
			else if (live.link !== "connecting" || tries > 0) away("the server does not answer");
		}
		clearInterval(watch);
		if (stop !== mine) return; /* somebody began anew */
		await new Promise((wake) => {
			const timer = setTimeout(wake, Math.min(4000, 400 * 2 ** Math.min(tries, 4)));
			addEventListener("online", () => { clearTimeout(timer); wake(0); }, { once: true });
		});
	}
}

/* Nothing can be shown, or nothing newer, and it is asked again. */
export function away(why: string) {
	lost("lost", why);
}

/* Nobody is signed in. */
export function refuse(why: string) {
	lost("denied", why);
}

export function startAnew() {
	last = "";
	early = null;
	live.link = "connecting";
	live.loaded = false;
	live.heard = 0;
	live.details.clear();
	live.changed();
	void follow();
}

/* The engine's clock in what is shown: an `at` of this incident as milliseconds since 1970. */
export const wallOf = (incident: Incident, at: number) => Date.parse(incident.opened_wall) + (at - incident.opened_at);
