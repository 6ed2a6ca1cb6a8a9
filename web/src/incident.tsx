/* One incident: what it means, who has it, why each thing was done or not, and what you can do. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { get, type List } from "./api";
import { AttemptBody } from "./attempt";
import { budget } from "./board";
import { DecisionBody, DecisionHead, Pairs, target } from "./decision";
import * as todo from "./do";
import { useCommands } from "./keys";
import { fetchDetail, hold, live, wallOf } from "./live";
import { Markdown } from "./markdown";
import { mayDo } from "./roles";
import { go, setQuery, useAddress } from "./router";
import { RunbookText, wentWrong } from "./runbook_text";
import { seconds, usePiece, useStore } from "./store";
import { brief, clockWithSeconds, countdown, now, span, titled } from "./time";
import type { Attempt, Can, Decision, Incident, Run, TimelineRow, Whole } from "./types";
import { Ago, At, Deed, Failed, Icon, Kbd, Loading, LooksOnly, Sev, StateChip, Verdict, cx, endWord, person, plural, useFetched } from "./ui";

/* ---- the head ---- */

function Timer({ to, label }: { to: number; label: string }) {
	useStore(seconds);
	const left = to - now();
	return <div class="timer"><span class={cx("count-down", left < 30_000 && "soon")}>{left > 0 ? countdown(left) : "due"}</span><small>{label}</small></div>;
}

function Timers({ i, run }: { i: Incident; run: Run | undefined }) {
	useStore(seconds);
	const end = i.closed_wall ?? null;
	return <div class="timers">
		<div class="timer"><span class="count-down">{span((end ? Date.parse(end) : now()) - Date.parse(i.opened_wall))}</span><small>{end ? "from open to closed" : "open"}</small></div>
		{i.recovered_wall && <div class="timer"><span class="count-down">{span(Date.parse(i.recovered_wall) - Date.parse(i.opened_wall))}</span><small>to recovery</small></div>}
		{i.state === "verifying" && run?.deadline ? <Timer to={wallOf(i, run.deadline)} label="until it is verified or not" /> : null}
		{i.state !== "closed" && !i.acknowledged && i.waits_wall ? <Timer to={Date.parse(i.waits_wall)} label="until somebody is told" />
			: i.state !== "closed" && !i.acknowledged && !i.muted_by && !i.settle_at && i.escalate_at ? <Timer to={wallOf(i, i.escalate_at)} label="until the next is told" /> : null}
		{i.state !== "closed" && i.settle_at ? <Timer to={wallOf(i, i.settle_at)} label="until it closes" /> : null}
	</div>;
}

function Head({ whole, run }: { whole: Whole; run: Run | undefined }) {
	const i = whole.incident;
	return <header class={cx("incident-head", i.severity)}>
		<div class="line"><Sev of={i.severity} /><StateChip of={i.state} /><a href={`/incidents?service=${encodeURIComponent(i.service)}`}><b>{i.service || "no service"}</b></a>
			<span class="muted environment">{i.environment}</span>{i.drill && <span class="chip info">drill{i.drill_by && ` by ${person(i.drill_by)}`}</span>}{i.flapping && <span class="chip warn">flapping</span>}<span class="gap" /><span class="muted">incident {i.id}</span></div>
		<h1>{i.title}</h1>
		<p class="impact">{i.impact}.</p>
		<dl class="facts">
			<div><dt>Owner</dt><dd>{i.owner}</dd></div>
			<div><dt>With</dt><dd>{i.acknowledged ? person(i.acknowledged_by ?? "") : i.state === "closed" ? endWord[i.end ?? ""] ?? i.end : i.state === "handed-off" ? i.developers : !i.needs_person && (i.state === "acting" || i.state === "verifying" || i.state === "recovered") ? "automation" : "nobody yet"}</dd></div>
			<div><dt>Opened</dt><dd><At at={i.opened_wall} /></dd></div>
			<div><dt>Alerts</dt><dd>{i.alerts_active} active of {i.alerts_total}</dd></div>
			{budget(whole) && <div><dt>Budget</dt><dd>{budget(whole)}</dd></div>}
			{i.occurrence > 1 && <div><dt>Seen before</dt><dd>{plural(i.occurrence - 1, "time")}{i.previous ? <>, last as <a href={`/incidents/${i.previous}`}>{i.previous}</a></> : null}</dd></div>}
		</dl>
		<Timers i={i} run={run} />
	</header>;
}

/* ---- what waits for a person ---- */

function Waits({ whole, run }: { whole: Whole; run: Run | undefined }) {
	const i = whole.incident;
	const approvals = whole.asked.filter((a) => a.state === "approval");
	const doubts = whole.attempts.filter((a) => a.state === "in-doubt");
	return <>
		{i.needs_person && i.state !== "closed" && approvals.length + doubts.length === 0 && run?.phase !== "permit" && run?.phase !== "answer" && <div class="callout bad"><h2>Needs a person</h2><p>{i.needs_person_why}</p></div>}
		{approvals.map((a) => <div class="callout warn" key={a.id}><h2>{person(a.principal)} asks to {target(a)}</h2><Pairs of={{ ...a.params, ...a.given?.observed }} />
			<p>{a.why}{a.ends_wall && <> It ends <Ago at={a.ends_wall} />.</>} {a.yes_missing > 0 && <> {a.approvers.length ? <>{a.approvers.map(person).join(", ")} may say yes{a.yes_missing > 1 && `; ${a.yes_missing} must`}.</> : "Nobody was found who may say yes."}</>}</p>
			<div class="buttons left"><Deed class="primary" onClick={() => todo.approve(a, true)}>Approve</Deed><Deed onClick={() => todo.approve(a, false)}>Deny</Deed>{a.principal === live.status?.principal && <Deed onClick={() => todo.withdraw(a)}>Withdraw</Deed>}</div></div>)}
		{run?.phase === "permit" && <div class="callout warn"><h2>{run.level === "veto" ? `${run.runbook} acts unless somebody says no` : `${run.runbook} waits for permission`}</h2>
			<ul class="plan">{run.plan?.map((p, n) => <li key={n}><Verdict of={p.verdict} /> <b>{target(p)}</b> <Pairs of={p.params} /> <span class="muted">{p.text}</span></li>)}</ul>
			{run.permit_wall && <p class="muted">{run.level === "veto" ? "It acts at" : "Until"} <At at={run.permit_wall} /></p>}
			<div class="buttons left">{run.level !== "veto" && <Deed class="primary" onClick={() => todo.permit(i, run, true)}>Permit</Deed>}<Deed class={cx(run.level === "veto" && "danger")} onClick={() => todo.permit(i, run, false)}>{run.level === "veto" ? "Veto" : "Say no"}</Deed></div></div>}
		{run?.phase === "answer" && <div class="callout warn"><h2>{run.question}</h2><p class="muted">{run.runbook} asks {run.askees?.join(", ")}</p><div class="buttons left"><Deed class="primary" onClick={() => todo.answer(run)}>Answer</Deed></div></div>}
		{doubts.map((a) => <div class="callout bad" key={a.id}><h2>In doubt: {target(a)}</h2><p>{a.why || "Nobody knows whether it happened. It is not repeated."}</p><div class="buttons left"><Deed class="primary" onClick={() => todo.settle(a)}>Say what happened</Deed></div></div>)}
	</>;
}

function Useful({ i }: { i: Incident }) {
	if (i.drill || (!mayDo() && !i.useful?.length)) return null;
	const said = i.useful ?? [], mine = said.find((s) => s.who === live.status?.principal);
	return <section id="useful" class={cx(i.state === "closed" && "callout info")} aria-label="Was it useful?"><h2>Was it useful to know of it?</h2>
		<div class="buttons left">{[true, false].map((yes) => <Deed key={String(yes)} aria-pressed={mine?.yes === yes} onClick={() => todo.useful(i, yes)}>{yes ? "Yes" : "No"}</Deed>)}
			{mine && <Deed class="plain" onClick={() => todo.usefulWhy(i, mine.yes, mine.note ?? "")}>{mine.note ? "Change why" : "Say why"}</Deed>}</div>
		{said.length > 0 && <p class="muted">{said.map((s) => `${person(s.who)}: ${s.yes ? "yes" : "no"}${s.note ? ` (${s.note})` : ""}`).join("; ")}</p>}</section>;
}

/* ---- the trail ---- */

type Step = { row: TimelineRow; decision?: Decision; attempt?: Attempt };
const QUIET = new Set(["state", "notice", "alert", "gap"]);

const FIRST = 5;
/* `most`: steps that are drawn yet. */
function Trail({ whole, most }: { whole: Whole; most: number }) {
	const { query } = useAddress();
	const which = query.get("trail") ?? "decisions";
	const steps = useMemo(() => {
		const decisions = new Map(whole.decisions.map((d) => [d.id, d])), attempts = new Map(whole.attempts.map((a) => [a.id, a]));
		const seen = new Set<number>();
		const out: Step[] = [];
		for (const row of whole.timeline.toSorted((a, b) => a.id - b.id)) {
			const decision = row.kind === "decision" ? decisions.get(row.ref ?? 0) : undefined;
			let attempt: Attempt | undefined;
			if (row.kind === "attempt" && row.ref && attempts.has(row.ref)) {
				if (seen.has(row.ref)) continue; /* its first row shows all of it */
				seen.add(row.ref);
				attempt = attempts.get(row.ref);
			}
			out.push({ row, decision, attempt });
		}
		return out;
	}, [live.version, whole]);
	const shown = steps.filter(({ row }) => which === "all" || (which === "notes" ? row.kind === "note" || row.kind === "command" || row.kind === "useful" : !QUIET.has(row.kind)));
	return <section class="trail" aria-label="Decision trail">
		<div class="section-head"><h2>Decision trail</h2><div class="tabs" role="group" aria-label="Show">{["decisions", "notes", "all"].map((t) => <button type="button" key={t} aria-pressed={which === t} onClick={() => setQuery({ trail: t === "decisions" ? "" : t })}>{t}</button>)}</div></div>
		{shown.length === 0 ? <p class="muted">Nothing of that kind.</p> : <ol>{shown.slice(0, most).map(({ row, decision, attempt }) => <li key={row.id} class={`step ${row.kind} ${decision?.verdict ?? ""}`}>
			<time ref={titled} dateTime={row.wall}>{clockWithSeconds(row.wall)}</time>
			<div class="step-body">
				{decision ? <><DecisionHead d={decision} /><DecisionBody d={decision} /></>
					: attempt ? <AttemptBody a={attempt} />
					: row.kind === "note" ? <div class="said"><b>{person(row.who)}</b><Markdown text={row.text} top={4} /></div>
					: <p>{row.who !== "firstline" && <b>{person(row.who)} </b>}{row.kind === "check" ? <><Icon name={wentWrong(row.text) ? "incidents" : "check"} /> </> : null}{row.text}</p>}
			</div></li>)}</ol>}
	</section>;
}

/* ---- beside it ---- */

interface Alert { labels: Record<string, string>; annotations: Record<string, string>; startsAt: string; fingerprint: string; status: { state: string; silencedBy: string[] }; generatorURL?: string }
export type { Alert };

/* Labels that all share, then what tells them apart. */
export function labelDifference(alerts: { labels: Record<string, string> }[]) {
	const shared: Record<string, string> = {};
	const names = new Set(alerts.flatMap((a) => Object.keys(a.labels)));
	const differ: string[] = [];
	for (const name of names) {
		const values = new Set(alerts.map((a) => a.labels[name]));
		if (values.size === 1 && !values.has(undefined)) shared[name] = alerts[0]!.labels[name]!;
		else differ.push(name);
	}
	return { shared, differ: differ.sort() };
}

function Alerts({ i, done }: { i: Incident; done: () => void }) {
	const read = useFetched(async () => (await get<List<Alert>>(`/v1/incidents/${i.id}/alerts?limit=200`)).items, [i.id, i.alerts_active, i.alerts_total], done);
	const alerts = read.value ?? [];
	const { shared, differ } = labelDifference(alerts);
	return <section aria-label="Alerts"><h2>Alerts <span class="muted">{i.alerts_active} active</span></h2>
		{alerts.length === 0 ? <><Pairs of={i.labels} /><Pairs of={i.annotations} /></> : <>
			<div class="shared"><Pairs of={shared} /></div>
			{alerts.length > 1 && <ul class="alert-list">{alerts.slice(0, 50).map((a) => <li key={a.fingerprint}><Pairs of={Object.fromEntries(differ.map((n) => [n, a.labels[n] ?? "–"]))} />
				<span class="gap" />{a.status.silencedBy.length > 0 && <span class="chip">silenced</span>}<Ago at={a.startsAt} bare /></li>)}</ul>}
			{alerts.length === 1 && <Pairs of={alerts[0]!.annotations} />}</>}
	</section>;
}

const purposeWord: Record<string, string> = { opened: "that it opened", "needs-person": "that a person is needed", escalated: "as the next in turn", refired: "that it fires again", "handed-off": "that it went to developers",
	ended: "that it ended", approval: "that an approval is asked for", "approval-ended": "that no approval is asked for any more", question: "what is asked", "question-ended": "that nothing is asked any more", veto: "what will be done unless vetoed", acknowledged: "who has it", digest: "in a digest", self: "about Firstline itself" };

function People({ whole }: { whole: Whole }) {
	if (whole.notices.length === 0) return null;
	return <section aria-label="Who was told"><h2>Who was told</h2><ul class="rows">{whole.notices.slice(-12).toReversed().map((n) => <li key={n.id}>
		<b>{n.person || n.channel}</b><span class="muted">{purposeWord[n.purpose] ?? n.purpose.replaceAll("-", " ")}, by {n.channel}{n.held_wall && <>, held until <At at={n.held_wall} /></>}</span><span class="gap" /><span class={cx("chip", n.state === "delivered" ? "good" : n.state === "given-up" ? "bad" : "")} title={n.error}>{n.state.replace("-", " ")}</span><Ago at={n.done_wall ?? n.made_wall} bare /></li>)}</ul></section>;
}

function Before({ i }: { i: Incident }) {
	if (!i.remedies?.length) return null;
	return <section aria-label="What worked before"><h2>What worked before</h2><ul class="rows">{i.remedies.toReversed().map((r) => <li key={r.incident}><a href={`/incidents/${r.incident}`}>{r.incident}</a><b>{r.runbook}</b><span class="muted">in {brief(r.took)}</span><span class="gap" />{r.wall && <Ago at={r.wall} />}</li>)}</ul></section>;
}

function YouMay({ i, last, shown, done }: { i: Incident; last: Run | undefined; shown: boolean; done: () => void }) {
	const ended = last && (last.state === "needs-person" || last.state === "cancelled") ? last : undefined;
	const read = useFetched(async () => (await get<{ can: Can[] }>(`/v1/incidents/${i.id}/why`)).can, [i.id, i.state], done);
	const { query } = useAddress();
	useEffect(() => { if (query.get("do")) document.getElementById("you-may")?.scrollIntoView(); }, [read.value, shown]);
	if (i.state === "closed" || !mayDo()) return null;
	return <section id="you-may" aria-label="What you may do"><h2>What you may do</h2>
		{read.error ? <Failed error={read.error} /> : !read.value ? <Loading what="What you may do" /> : <>
			{read.value.length === 0 && <p class="muted">Authority allows you no action on {i.service || "this"}. <a href={`/authority?service=${encodeURIComponent(i.service)}`}>Who may?</a></p>}
			<ul class="rows">{read.value.map((c) => <li key={c.action}><Deed onClick={() => todo.run(i, { action: c.action }, c.needs)}>{c.action}</Deed><Verdict of={c.verdict} /><span class="muted">{c.text}</span></li>)}</ul>
			{i.runbook && <p class="buttons left"><Deed onClick={() => todo.run(i, { runbook: i.runbook })}>Start {i.runbook}</Deed>{ended && <Deed title="What its last run did not do" onClick={() => todo.goOn(ended)}>Go on with {ended.runbook}</Deed>}</p>}</>}
	</section>;
}

function Lease({ service }: { service: string }) {
	const held = [...live.leases.values()].find((l) => l.service === service && l.kind === "hands-on" && !l.over);
	if (!held) return null;
	return <div class="callout info"><Icon name="hand" /> {service} is in the hands of {person(held.principal)} until <At at={held.until_wall} />: automation only watches. <Deed onClick={() => todo.handsOff(held)}>Let go</Deed></div>;
}

export function IncidentPage({ id }: { id: number }) {
	useStore(live);
	useEffect(() => hold(id), [id]);
	const first = useFetched(() => live.details.has(id) ? Promise.resolve() : fetchDetail(id), [id]);
	const whole = live.details.get(id);
	const i = whole?.incident;
	useEffect(() => { document.title = i ? `${i.id} ${i.title} · Firstline` : `Incident ${id} · Firstline`; }, [i?.title]);
	const open = i && i.state !== "closed";
	const on = (f: (i: Incident) => void) => () => { const one = live.details.get(id)?.incident; if (one) f(one); };
	useCommands([
		{ id: "back", label: "Back to the board", group: "Incident", keys: "u", run: () => go("/") },
		{ id: "useful", label: "Say whether it was useful", group: "Incident", keys: "w", deed: true, run: () => document.querySelector<HTMLElement>("#useful button")?.focus() },
		...(open ? [
			{ id: "ack", label: "Acknowledge", group: "Incident", keys: "a", deed: true, run: on(todo.acknowledge) },
			{ id: "take", label: "Take in hand: automation only watches", group: "Incident", keys: "t", deed: true, run: on((x) => x.service && todo.handsOn(x.service)) },
			{ id: "hand-over", label: "Hand over to another person", group: "Incident", keys: "h", deed: true, run: on(todo.handOver) },
			{ id: "note", label: "Note", group: "Incident", keys: "n", deed: true, run: on(todo.note) },
			{ id: "resolve", label: "Resolve", group: "Incident", keys: "r", deed: true, run: on(todo.resolve) },
			{ id: "act", label: "To what you may do", group: "Incident", keys: ".", deed: true, run: () => document.querySelector<HTMLElement>("#you-may button, #you-may a")?.focus() },
			{ id: "cancel", label: "Stop the runbook", group: "Incident", keys: "c", deed: true, run: on(todo.cancel) },
			{ id: "yes", label: "Approve, permit or answer what waits", group: "Incident", keys: "y", deed: true, run: () => decide(id, true) },
			{ id: "no", label: "Deny or veto what waits", group: "Incident", keys: "x", deed: true, run: () => decide(id, false) },
		] : []),
	], [id, open]);
	if (!whole || !i) return first.error ? <><h1>Incident {id}</h1><Failed error={first.error} again={first.again} /></> : <Loading what={`Incident ${id}`} />;
	return <Shown key={id} i={i} whole={whole} />;
}

const BESIDE_MS = 2000; /* for the slowest part; then the others go without it */
/* The head first; what is beside it when all of that is here, so that nothing moves under the reader's eyes. */
function Shown({ i, whole }: { i: Incident; whole: Whole }) {
	const open = i.state !== "closed";
	const run = whole.runs.find((r) => r.id === i.run) ?? whole.runs.findLast((r) => r.state === "running");
	const last = run ?? whole.runs.at(-1);
	const runbook = last?.runbook || i.runbook;
	const piece = usePiece(3), [read, tell] = useState<Record<string, true>>({});
	const done = (what: string) => () => tell((had) => (had[what] ? had : { ...had, [what]: true }));
	const beside = piece === 3 && (read["late"] || (read["alerts"] && (read["may"] || !open) && (read["runbook"] || !runbook)));
	useEffect(() => {
		const timer = setTimeout(done("late"), BESIDE_MS);
		return () => clearTimeout(timer);
	}, []);
	return <article class="incident">
		<Head whole={whole} run={run} />
		<Waits whole={whole} run={run} />
		{open && (mayDo() ? <div class="actions">
			{!i.acknowledged && <button type="button" class="primary" onClick={() => todo.acknowledge(i)}>Acknowledge <Kbd keys="a" /></button>}
			{i.service && <button type="button" onClick={() => todo.handsOn(i.service)}>Take in hand <Kbd keys="t" /></button>}
			<button type="button" onClick={() => todo.handOver(i)}>Hand over <Kbd keys="h" /></button>
			<button type="button" onClick={() => todo.note(i)}>Note <Kbd keys="n" /></button>
			{run && <button type="button" onClick={() => todo.cancel(i)}>Stop runbook <Kbd keys="c" /></button>}
			<button type="button" onClick={() => todo.resolve(i)}>Resolve <Kbd keys="r" /></button></div> : <LooksOnly />)}
		<div class="columns"><div>
			{!open && <Useful i={i} />}<Lease service={i.service} />{piece > 0 && <Trail whole={whole} most={piece > 1 ? Infinity : FIRST} />}
		</div>{piece > 1 && !beside && <Loading what="What is beside it" />}{piece > 2 && <aside hidden={!beside}>
			<YouMay i={i} last={last} shown={!!beside} done={done("may")} />
			{runbook && <section aria-label="Runbook"><h2>Runbook <a href={`/runbooks/${encodeURIComponent(runbook)}`}>{runbook}</a></h2>
				{last && <p class="muted">{last.state === "running" ? `step ${last.step + 1}` : last.state.replace("-", " ")}{last.why && last.why !== i.needs_person_why && `: ${last.why}`}</p>}
				<RunbookText name={runbook} run={last} whole={whole} done={done("runbook")} /></section>}
			<Alerts i={i} done={done("alerts")} /><Before i={i} /><People whole={whole} />
			{whole.handoffs.map((h) => <section key={h.id}><h2>Handed to {h.team}</h2><p>{h.because}</p><p><a href={`/handoffs/${h.id}`}>Its case file</a></p></section>)}
			{open && <Useful i={i} />}
		</aside>}</div>
	</article>;
}

/* The one thing that waits for a yes or no. */
function decide(id: number, yes: boolean) {
	const whole = live.details.get(id);
	const asked = whole?.asked.find((a) => a.state === "approval");
	const run = whole?.runs.find((r) => r.phase === "permit");
	const asking = whole?.runs.find((r) => r.phase === "answer");
	if (asked) todo.approve(asked, yes);
	else if (asking && yes) todo.answer(asking);
	else if (run && whole && (run.level !== "veto" || !yes)) todo.permit(whole.incident, run, yes);
}

