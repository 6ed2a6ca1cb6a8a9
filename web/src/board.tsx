/* The duty board: what needs a person now, what is being handled, what is only watched. */
import { useEffect, useMemo, useState } from "preact/hooks";
import * as todo from "./do";
import { useCommands } from "./keys";
import { hold, live, waitsForPerson, wallOf } from "./live";
import { go, setQuery, useAddress } from "./router";
import { seconds, usePiece, useStore } from "./store";
import { DAY, brief, clock, countdown, now, span, when } from "./time";
import type { Asked, Incident, Run, Whole } from "./types";
import { Ago, At, Deed, Icon, Loading, LongList, Sev, StateChip, cx, person, plural } from "./ui";

/* ---- which lane ---- */

type Lane = "person" | "handling" | "watching";

const waitsFor = (incident: Incident, asked: Map<number, Asked[]>) => asked.get(incident.id)?.some((a) => a.state === "approval") ?? false;

function laneOf(i: Incident, asked: Map<number, Asked[]>): Lane {
	if (waitsFor(i, asked) || live.waiting.has(i.id)) return "person";
	if (i.needs_person) return "person";
	if (i.state === "acting" || i.state === "verifying") return "handling";
	if (i.state === "recovered" || i.state === "handed-off") return "watching";
	return i.acknowledged ? "handling" : "person";
}

/* The worst first, then who waits longest; what somebody has taken comes behind. */
function urgency(a: Incident, b: Incident) {
	return Number(a.acknowledged) - Number(b.acknowledged) || a.severity.localeCompare(b.severity) || a.id - b.id;
}

export function sort(incidents: Iterable<Incident>, asked: Iterable<Asked>) {
	const byIncident = Map.groupBy(asked, (a) => a.incident);
	const lanes: Record<Lane, Incident[]> = { person: [], handling: [], watching: [] };
	for (const i of incidents) lanes[laneOf(i, byIncident)].push(i);
	lanes.person.sort(urgency);
	lanes.handling.sort(urgency);
	lanes.watching.sort((a, b) => b.id - a.id);
	return { lanes, byIncident };
}

/* ---- a storm folds: many incidents of one trouble are one card ---- */

const FOLD_AT = 6, CARDS_MAX = 40, FIRST = 3;

interface Fold { key: string; incidents: Incident[]; worst: string; services: number; alerts: number; since: string }

function fold(list: Incident[]): { folds: Fold[]; rest: Incident[] } {
	const folds: Fold[] = [], rest: Incident[] = [];
	for (const [key, incidents] of Map.groupBy(list, (i) => i.recurrence)) {
		if (incidents.length < FOLD_AT) {
			rest.push(...incidents);
			continue;
		}
		folds.push({ key, incidents, worst: incidents.reduce((w, i) => (i.severity < w ? i.severity : w), "sev4"),
			services: new Set(incidents.map((i) => i.service)).size, alerts: incidents.reduce((n, i) => n + i.alerts_active, 0),
			since: incidents.reduce((s, i) => (i.opened_wall < s ? i.opened_wall : s), incidents[0]!.opened_wall) });
	}
	folds.sort((a, b) => a.worst.localeCompare(b.worst) || b.incidents.length - a.incidents.length);
	return { folds, rest };
}

/* ---- what is being done ---- */

function runOf(whole: Whole | undefined, incident: Incident): Run | undefined {
	return whole?.runs.find((r) => r.id === incident.run) ?? whole?.runs.findLast((r) => r.state === "running");
}

function doing(incident: Incident, whole: Whole | undefined): string {
	const run = runOf(whole, incident);
	const attempt = whole?.attempts.findLast((a) => a.run === run?.id);
	if (!run) return incident.acknowledged ? `with ${person(incident.acknowledged_by ?? "somebody")}` : incident.runbook ? `runbook ${incident.runbook}` : "no runbook";
	if (run.phase === "permit") return run.level === "veto" ? "will act unless somebody says no" : "waits for a person's permission";
	if (incident.state === "verifying") return `is it well? ${run.last_value ? `last saw ${run.last_value}` : run.runbook}`;
	if (attempt && !attempt.ended_wall) return `${attempt.action}${attempt.target ? ` on ${attempt.target}` : ""}`;
	return `${run.runbook}: ${run.last_value ? `last saw ${run.last_value}` : "looking"}`;
}

/* "1 of 3 left": the tightest bound of the last decision. */
export function budget(whole: Whole | undefined): string {
	const decision = whole?.decisions.at(-1);
	let best: { left: number; limit: number } | null = null;
	for (const r of decision?.reasons ?? []) {
		if (r.kind !== "grant" || !r.limit || / at once /.test(r.text)) continue; /* that one comes back by itself */
		const left = r.limit - (r.value ?? 0) - 1;
		if (!best || left < best.left) best = { left, limit: r.limit };
	}
	return best ? `${Math.max(0, best.left)} of ${best.limit} left` : "";
}

function Countdown({ to, what }: { to: number; what: string }) {
	useStore(seconds);
	const left = to - now();
	return <span class={cx("count-down", left < 30_000 && "soon")} title={what}>{left > 0 ? countdown(left) : "due"}</span>;
}

/* ---- cards ---- */

function CardHead({ i }: { i: Incident }) {
	return <div class="card-head"><Sev of={i.severity} /><span class="service">{i.service || "no service"}</span>
		{i.drill && <span class="chip">drill</span>}{i.flapping && <span class="chip">flapping</span>}{i.alerts_active > 1 && <span class="muted">{plural(i.alerts_active, "alert")}</span>}
		<span class="gap" /><Ago at={i.opened_wall} bare /></div>;
}

function PersonCard({ i, asked }: { i: Incident; asked?: Asked[] }) {
	const waiting = live.waiting.get(i.id);
	useEffect(() => (waiting ? hold(i.id) : undefined), [i.id, waiting]);
	const run = live.details.get(i.id)?.runs.find((r) => r.id === waiting && waitsForPerson(r));
	const approval = asked?.find((a) => a.state === "approval");
	const why = run?.phase === "answer" ? run.question : run?.phase === "permit" ? `${run.runbook} would ${run.plan?.map((p) => `${p.action}${p.target ? ` on ${p.target}` : ""}`).join(", ") || "act"}` : approval ? `${person(approval.principal)} asks to ${approval.action}${approval.target ? ` on ${approval.target}` : ""}` : i.needs_person_why;
	return <article class={cx("card", i.severity)}>
		<CardHead i={i} />
		<h3><a class="cover" data-item href={`/incidents/${i.id}`}>{i.title}</a></h3>
		<p class="impact">{i.impact}</p>
		{why && <p class="why"><b>{run?.phase === "answer" ? "Asks you" : run?.phase === "permit" ? "Permission" : approval ? "Approval" : "Needs you"}</b> {why}</p>}
		<div class="card-foot">
			{i.acknowledged ? <span class="muted"><Icon name="hand" /> {person(i.acknowledged_by ?? "")} has it</span>
				: <Deed class="primary" onClick={() => todo.acknowledge(i)}>Acknowledge</Deed>}
			{approval && <><Deed onClick={() => todo.approve(approval, true)}>Approve</Deed><Deed onClick={() => todo.approve(approval, false)}>Deny</Deed></>}
			{run?.phase === "permit" && <><Deed onClick={() => todo.permit(i, run, true)}>Permit</Deed><Deed onClick={() => todo.permit(i, run, false)}>Say no</Deed></>}
			{run?.phase === "answer" && <Deed onClick={() => todo.answer(run)}>Answer</Deed>}
			<span class="gap" />
			{i.waits_wall && !i.acknowledged ? <span class="muted">nobody is told before <At at={i.waits_wall} /></span>
				: !i.acknowledged && i.settle_at ? <span class="muted">closes in <Countdown to={wallOf(i, i.settle_at)} what="Nothing of it fires any more: it closes unless it fires again" /></span>
				: !i.acknowledged && !i.muted_by && i.escalate_at ? <span class="muted">next is told in <Countdown to={wallOf(i, i.escalate_at)} what="Escalation" /></span> : null}
		</div>
	</article>;
}

function HandlingCard({ i }: { i: Incident }) {
	useEffect(() => hold(i.id), [i.id]);
	const whole = live.details.get(i.id);
	const run = runOf(whole, i);
	const left = budget(whole);
	const due = run?.deadline ? wallOf(i, run.deadline) : 0;
	return <article class={cx("card", i.severity)}>
		<CardHead i={i} />
		<h3><a class="cover" data-item href={`/incidents/${i.id}`}>{i.title}</a></h3>
		<p class="doing"><StateChip of={i.state} /> {doing(i, whole)}</p>
		<div class="card-foot">
			{due > 0 && <span>{i.state === "verifying" ? "verified in" : "step ends in"} <Countdown to={due} what="By then it is proved, or it goes on with what follows" /></span>}
			{left && <span class="muted">{left}</span>}
			<span class="gap" />
			{run?.phase === "permit" && <><Deed onClick={() => todo.permit(i, run, true)}>Permit</Deed><Deed onClick={() => todo.permit(i, run, false)}>Veto</Deed></>}
		</div>
	</article>;
}

function WatchCard({ i }: { i: Incident }) {
	return <article class={cx("card slim", i.severity)}>
		<div class="card-head"><Sev of={i.severity} /><span class="service">{i.service || "no service"}</span><span class="gap" />
			<Ago at={i.recovered_wall ?? i.opened_wall} bare /></div>
		<h3><a class="cover" data-item href={`/incidents/${i.id}`}>{i.title}</a></h3>
		<p class="muted"><StateChip of={i.state} />{i.state === "handed-off" && ` with ${i.developers}`}</p>
	</article>;
}

/* `of`: what all beside it are called; then it is told by its service. */
function Row({ i, of }: { i: Incident; of?: string }) {
	return <div class={cx("row", i.severity)}><Sev of={i.severity} /><a class="cover" data-item href={`/incidents/${i.id}`}>{of === i.title && i.service ? i.service : <>{i.service ? `${i.service}: ` : ""}{i.title}</>}</a>
		{i.acknowledged && <Icon name="hand" />}<StateChip of={i.state} /><Ago at={i.opened_wall} bare /></div>;
}

const NAMED = 4;
function FoldCard({ f, open }: { f: Fold; open: boolean }) {
	const first = f.incidents[0]!, same = f.incidents.every((i) => i.title === first.title);
	const names = [...new Set(f.incidents.map((i) => i.service || "no service"))], free = f.incidents.filter((i) => !i.acknowledged);
	return <article class={cx("card storm", f.worst)}>
		<div class="card-head"><Sev of={f.worst} /><b>{plural(f.incidents.length, "incident")}</b><span class="gap" /><Ago at={f.since} bare /></div>
		<h3>{same ? first.title : f.key || "no common label"}</h3>
		<p class="muted">{plural(f.services, "service")}, {plural(f.alerts, "alert")}: {names.slice(0, NAMED).join(", ")}{names.length > NAMED && ` and ${plural(names.length - NAMED, "more", "more")}`}</p>
		<div class="card-foot">{free.length > 0 && <Deed class="primary" onClick={() => todo.acknowledgeAll(free)}>{free.length === 1 ? "Acknowledge" : `Acknowledge all ${free.length.toLocaleString()}`}</Deed>}
			<button type="button" aria-expanded={open} onClick={() => setQuery({ fold: open ? "" : f.key })}>{open ? "Fold" : "Show all"}</button></div>
		{open && <LongList items={f.incidents} rowPx={34} keyOf={(i) => i.id} label={f.key} row={(i) => <Row i={i} of={same ? first.title : undefined} />} />}
	</article>;
}

/* `most`: cards that are drawn yet. */
function LaneView({ name, title, hint, list, asked, open, most }:
	{ name: Lane; title: string; hint: string; list: Incident[]; asked: Map<number, Asked[]>; open: string; most: number }) {
	const { folds, rest } = useMemo(() => fold(list), [list]);
	/* The worst first, also of folds. */
	const worst = rest.reduce((w, i) => (!i.acknowledged && i.severity < w ? i.severity : w), "sev9");
	const above = folds.filter((f) => f.worst <= worst);
	const card = (f: Fold) => <FoldCard key={f.key} f={f} open={open === f.key} />;
	const Card = name === "person" ? PersonCard : name === "handling" ? HandlingCard : WatchCard;
	return <section class={`lane ${name}`} aria-label={title}>
		<h2>{title} <span class="n">{list.length}</span></h2>
		{list.length === 0 && <p class="muted hint">{hint}</p>}
		{above.slice(0, most).map(card)}
		{rest.length <= CARDS_MAX ? rest.slice(0, most).map((i) => <Card key={i.id} i={i} asked={asked.get(i.id)} />)
			: most > 0 && <LongList items={rest} rowPx={34} keyOf={(i) => i.id} label={title} row={(i) => <Row i={i} />} />}
		{folds.filter((f) => !above.includes(f)).slice(0, most).map(card)}
	</section>;
}

/* ---- the last 24 hours ---- */

function Ribbon() {
	useStore(live);
	/* By the minute: else each that is drawn moves with every event. */
	const end = Math.ceil(now() / 60_000) * 60_000, begin = end - DAY;
	const all = [...live.recent.values(), ...live.incidents.values()].filter((i) => !i.closed_wall || Date.parse(i.closed_wall) > begin);
	const shown = all.sort((a, b) => (a.severity < b.severity ? 1 : -1)).slice(-400);
	const x = (ms: number) => `${Math.max(0, Math.min(100, ((ms - begin) / DAY) * 100))}%`;
	const hours = Array.from({ length: 9 }, (_, i) => begin + (i * DAY) / 8);
	const closed = [...live.recent.values()];
	const alone = closed.filter((i) => i.end === "verified" && !i.acknowledged).length;
	return <section class="ribbon" aria-label="The last 24 hours">
		<div class="ribbon-head"><h2>Last 24 hours</h2>
			<span>{plural(all.length, "incident")}</span><span>{closed.length} closed</span>{alone > 0 && <span class="good-text">{alone} recovered and verified without a person</span>}</div>
		<div class="strip" role="img" aria-label={`${all.length} incidents in the last 24 hours, ${closed.length} of them closed`}>
			{shown.map((i) => {
				const from = Date.parse(i.opened_wall), to = i.closed_wall ? Date.parse(i.closed_wall) : end;
				return <i key={i.id} class={i.severity} title={`${i.id} ${i.title}`} style={{ left: `min(${x(from)}, calc(100% - 4px))`, width: `max(4px, calc(${x(to)} - ${x(from)}))` }} />;
			})}
		</div>
		<div class="hours" aria-hidden="true">{hours.map((h, i) => <span key={i}>{i === 8 ? "now" : clock(new Date(h).toISOString())}</span>)}</div>
	</section>;
}

function DutyStrip() {
	useStore(live);
	if (live.duty.length === 0) return null;
	/* A rotation has nobody outside of its hours; a team shall always have somebody. */
	const covered = new Set(live.duty.filter((d) => d.person).map((d) => d.team));
	return <section class="duty-strip" aria-label="On duty">{live.duty.slice(0, 12).map((d) => <div key={d.team + d.rotation}>
		<span class="muted">{d.team} · {d.rotation}</span> {d.person ? <b>{d.person}</b> : <b class={covered.has(d.team) ? "muted" : "bad-text"}>nobody</b>}{d.until_wall && <span class="muted"> until <At at={d.until_wall} /></span>}{d.quiet_wall && <span class="muted">, quiet until <At at={d.quiet_wall} /></span>}</div>)}
		{live.duty.length > 12 && <a href="/schedules">and {live.duty.length - 12} more</a>}
	</section>;
}

function Calm() {
	useStore(seconds);
	const ends = [...live.recent.values()].map((i) => Date.parse(i.closed_wall ?? "")).filter(Boolean);
	const since = ends.length ? Math.max(...ends) : 0;
	const next = live.duty.filter((d) => d.person && d.until_wall).sort((a, b) => (a.until_wall! < b.until_wall! ? -1 : 1))[0];
	const up = now() - Date.parse(live.status!.since_wall);
	return <div class="calm"><Icon name="check" /><h2>Quiet{since ? ` for ${span(now() - since)}` : up < DAY ? ` since the start, ${span(up)} ago` : " for more than a day"}</h2>
		<p>Nothing needs a person, nothing is being handled.</p>
		{next && <p class="muted">{next.person} is on duty for {next.team} until {when(next.until_wall!)}, for another {brief(Math.max(0, Date.parse(next.until_wall!) - now()))}.</p>}</div>;
}

/* ---- moving about by keys ---- */

export function useItems() {
	const items = () => [...document.querySelectorAll<HTMLElement>("main [data-item]")];
	const move = (by: number) => {
		const all = items();
		const at = all.indexOf(document.activeElement as HTMLElement);
		const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.max(0, Math.min(all.length - 1, at + by))];
		next?.focus();
		next?.scrollIntoView({ block: "nearest" });
	};
	return [
		{ id: "next", label: "Next", group: "Lists", keys: "j", run: () => move(1), quiet: true },
		{ id: "before", label: "The one before", group: "Lists", keys: "k", run: () => move(-1), quiet: true },
		{ id: "open", label: "Open", group: "Lists", keys: "Enter", run: () => (document.activeElement as HTMLElement)?.click?.(), quiet: true },
	];
}

/* The incident that has the focus, else the first that needs a person. */
function chosen(): Incident | undefined {
	const link = document.activeElement?.closest("article, .row")?.querySelector<HTMLAnchorElement>("a.cover");
	const id = Number(link?.pathname.split("/").pop());
	return live.incidents.get(id) ?? sort(live.incidents.values(), live.asked.values()).lanes.person.find((i) => !i.acknowledged);
}

export function Board() {
	useStore(live, () => live.loaded);
	return live.loaded ? <Loaded /> : <Loading what="The duty board" />;
}

function Loaded() {
	useStore(live);
	const { query } = useAddress();
	const [lane, setLane] = useState<Lane>("person");
	/* The worst first, then the lanes from left to right. */
	const piece = usePiece(5), ribbon = useMemo(() => <Ribbon />, []), strip = useMemo(() => <DutyStrip />, []);
	const most = (from: number) => (piece > from ? Infinity : piece === from ? FIRST : 0);
	const on = (f: (i: Incident) => void) => () => { const i = chosen(); if (i) f(i); };
	useCommands([...useItems(),
		{ id: "ack", label: "Acknowledge", group: "Incident", keys: "a", deed: true, run: on(todo.acknowledge) },
		{ id: "take", label: "Take in hand: automation only watches", group: "Incident", keys: "t", deed: true, run: on((i) => { if (!i.acknowledged) todo.acknowledge(i); if (i.service) todo.handsOn(i.service); }) },
		{ id: "hand-over", label: "Hand over to another person", group: "Incident", keys: "h", deed: true, run: on(todo.handOver) },
		{ id: "note", label: "Note", group: "Incident", keys: "n", deed: true, run: on(todo.note) },
		{ id: "resolve", label: "Resolve", group: "Incident", keys: "r", deed: true, run: on(todo.resolve) },
		{ id: "act", label: "Act: to its runbook and what you may do", group: "Incident", keys: ".", deed: true, run: on((i) => go(`/incidents/${i.id}?do=1`)) },
	], []);
	const { lanes, byIncident } = useMemo(() => sort(live.incidents.values(), live.asked.values()), [live.version]);
	const open = query.get("fold") ?? "";
	const storm = live.incidents.size >= 100 || live.more > 0;
	const tabs: [Lane, string][] = [["person", "Needs you"], ["handling", "Handled"], ["watching", "Watching"]];
	return <div class="board">
		<h1 class="visually-hidden">Duty board</h1>
		{storm && <div class="storm-banner"><b>{(live.incidents.size + live.more).toLocaleString()} incidents</b> are open, over {live.status!.alerts_active.toLocaleString()} alerts. Those of one trouble are folded into one card.</div>}
		{strip}
		{live.incidents.size === 0 ? <Calm /> : <>
			<div class="lane-tabs" role="group" aria-label="Lanes">{tabs.map(([k, t]) => <button type="button" key={k} aria-pressed={lane === k} onClick={() => setLane(k)}>{t} <b>{lanes[k].length}</b></button>)}</div>
			<div class={`lanes show-${lane}`}>
				<LaneView name="person" title="Needs a person now" hint="Nobody is needed." list={lanes.person} asked={byIncident} open={open} most={most(0)} />
				<LaneView name="handling" title="Being handled" hint="Nothing is under way." list={lanes.handling} asked={byIncident} open={open} most={most(2)} />
				<LaneView name="watching" title="Watching" hint="Nothing is being watched." list={lanes.watching} asked={byIncident} open={open} most={most(3)} />
			</div></>}
		{piece === 5 && ribbon}
	</div>;
}
