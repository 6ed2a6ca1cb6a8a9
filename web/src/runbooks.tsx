/* The library: what each runbook does, how far it goes by itself, and on what evidence. */
import { useEffect, useState } from "preact/hooks";
import { act, ask, get, type List } from "./api";
import { useItems } from "./board";
import { Pairs } from "./decision";
import { useCommands } from "./keys";
import { live, onRow } from "./live";
import { setQuery, useAddress } from "./router";
import { RunbookText, type Runbook } from "./runbook_text";
import { useStore } from "./store";
import { brief } from "./time";
import type { Incident } from "./types";
import { Ago, Deed, Empty, Failed, Loading, LooksOnly, StateChip, cx, endWord, person, plural, question, say, sentence, useFetched } from "./ui";

interface Trust {
	runbook: string; service: string; owner: string; level: string; ceiling: string; said: string; held: string; earns: string; earned: boolean; shadow: boolean; why: string;
	arithmetic: string; next: string; bound: number; verified: number; outcomes: number; drills: number; overridden: number; undone: number; last_wall: string | null;
	drill_due_wall: string | null; stale: boolean; digest: string; row: { history: string };
}
const LEVELS = ["suggest", "step", "plan", "veto", "auto"];
const levelWord: Record<string, string> = { suggest: "a person starts it", step: "a person permits each step", plan: "a person permits the plan", veto: "acts unless somebody says no", auto: "acts by itself" };

export function Runbooks({ rest }: { rest: string }) {
	return rest ? <One key={rest} name={rest} /> : <All />;
}

function All() {
	const { query } = useAddress();
	const text = query.get("q") ?? "";
	const read = useFetched(async () => ({ books: (await get<List<Runbook>>("/v1/runbooks")).items, trust: (await get<List<Trust>>("/v1/trust")).items }), []);
	useCommands(useItems(), []);
	if (read.error) return <Failed error={read.error} again={read.again} />;
	if (!read.value) return <Loading what="Runbooks" />;
	const trust = Map.groupBy(read.value.trust, (t) => t.runbook);
	const shown = read.value.books.filter((b) => !text || `${b.name} ${b.title} ${b.services.join(" ")}`.toLowerCase().includes(text.toLowerCase()));
	return <div class="page"><div class="page-head"><h1>Runbooks</h1><span class="muted">{plural(shown.length, "runbook")}</span></div>
		<div class="filters"><input type="search" placeholder="Filter" aria-label="Filter" value={text} onInput={(e) => setQuery({ q: e.currentTarget.value })} /></div>
		{shown.length === 0 ? <Empty title={text ? "None fits" : "There is no runbook yet"}><p><code>firstline init</code> writes a first one.</p></Empty> : <div class="grid">{shown.map((b) => {
			const t = trust.get(b.name)?.[0];
			return <article class="panel card" key={b.name}><h2><a class="cover" data-item href={`/runbooks/${encodeURIComponent(b.name)}`}>{b.title || b.name}</a></h2>
				<p class="muted">{b.name}, {b.services.join(", ") || "any service"}, {plural(b.steps, "step")}</p>
				{t && <><div class="line"><span class="chip info">{t.level}</span><span class="muted">{t.outcomes ? `${t.verified} of ${t.outcomes} verified` : "not yet proved"}</span>{t.stale && <span class="chip warn">stale</span>}{t.shadow && <span class="chip">shadow</span>}{t.last_wall && <span class="muted"><Ago at={t.last_wall} /></span>}</div>
					<div class="meter" role="img" aria-label={`at least ${(t.bound / 100).toFixed(0)} percent recover`}><i style={{ width: `${t.bound / 100}%` }} /></div></>}</article>;
		})}</div>}</div>;
}

function TrustPanel({ t, again }: { t: Trust; again: () => void }) {
	const at = LEVELS.indexOf(t.level), next = LEVELS[at + 1];
	const promote = () => question({ title: `Promote ${t.runbook} on ${t.service} to ${next}`, yes: "Promote", text: <><p>{sentence(levelWord[next ?? ""] ?? "")}.</p><p>{sentence(t.arithmetic)}.</p></>,
		fields: [{ name: "why", label: "Why", area: true, need: true }],
		run: (v) => act(`/v1/trust/${encodeURIComponent(t.runbook)}/promote`, { ...v, service: t.service, level: next, digest: t.digest }).then(() => { say("Promoted"); again(); }) });
	return <section><h2>Trust{t.service && ` on ${t.service}`}</h2>
		<div class="line"><span class="chip info">{t.level}</span><b>{levelWord[t.level]}</b></div>
		<div class="meter" role="img" aria-label={`at least ${(t.bound / 100).toFixed(0)} percent recover`}><i style={{ width: `${t.bound / 100}%` }} /></div>
		<p>{sentence(t.arithmetic)}.</p>
		{t.row.history && <p class="letters" aria-label={`History: ${t.row.history}`} title="V verified, F failed, D drill verified, E drill failed, O overridden, U taken back, C text changed">{[...t.row.history].map((c, i) => <span key={i} class={c}>{c}</span>)}</p>}
		<p class="muted">Held at that by {t.why}.{t.drill_due_wall && <> Next drill <Ago at={t.drill_due_wall} />.</>}{t.stale && " It was not drilled in time."}</p>
		{t.next && <p class="muted">By what it proves alone: {t.next}.</p>}
		{next && t.service && LEVELS.indexOf(t.ceiling) > at && <p><Deed onClick={promote}>Promote to {next}</Deed></p>}</section>;
}

interface PlanStep { number: number; kind: string; step: string; fate: string; text: string; action?: string; params?: Record<string, string>; otherwise?: string; targets: { targets: string[]; fate: string; rule?: string; file?: string; line?: number; text: string }[] }

function DryRun({ b }: { b: Runbook }) {
	const service = b.services[0] ?? "";
	const [answer, set] = useState<List<PlanStep> | null>(null);
	const [error, fail] = useState<unknown>(null);
	const go = (event: Event) => {
		event.preventDefault();
		const form = new FormData(event.target as HTMLFormElement);
		const body: Record<string, unknown> = { service: String(form.get("service")) };
		if (form.get("principal")) body["principal"] = String(form.get("principal"));
		fail(null);
		ask<List<PlanStep>>(`/v1/runbooks/${encodeURIComponent(b.name)}/plan`, body).then(set, fail);
	};
	return <section class="panel"><h2>What it would do now</h2>
		<form class="ask-form" onSubmit={go}><label><span>On service</span><input name="service" required defaultValue={service} /></label><label><span>As</span><input name="principal" defaultValue="automation" /></label><button type="submit">Dry run</button></form>
		{error ? <Failed error={error} /> : null}
		{answer && <><ol class="rows">{answer.items.map((s) => <li key={s.number}><span class="chip">{s.kind}</span><b>{s.step}</b><span class={cx("chip", s.fate === "runs" ? "good" : s.fate === "refused" ? "bad" : s.fate === "asks" ? "warn" : "")}>{s.fate}</span><span class="muted">{s.text}</span>{s.params && <Pairs of={s.params} />}
			{s.targets.map((t, i) => <span key={i} class="muted">{t.targets.join(", ")}{t.file && <code> {t.file}:{t.line}</code>}</span>)}</li>)}</ol>{answer.note && <p class="muted">{sentence(answer.note)}.</p>}</>}</section>;
}

/* What it answered of late: incidents of its services that it was for. */
function Runs({ b }: { b: Runbook }) {
	useStore(live);
	const read = useFetched(async () => {
		const of = b.services.length ? b.services.slice(0, 5) : [""];
		const lists = await Promise.all(of.map(async (s) => (await get<List<Incident>>(`/v1/incidents?state=all&limit=200${s ? `&service=${encodeURIComponent(s)}` : ""}`)).items));
		return lists.flat().filter((i) => i.runbook === b.name).sort((x, y) => y.id - x.id).slice(0, 20);
	}, [b.name, live.incidents.size]);
	return <section class="panel"><h2>Runs and drills</h2>{read.error ? <Failed error={read.error} again={read.again} /> : !read.value ? <Loading what="Runs" /> : read.value.length === 0 ? <p class="muted">It has answered nothing yet.</p>
		: <ul class="rows">{read.value.map((kept) => live.incidents.get(kept.id) ?? live.recent.get(kept.id) ?? kept).map((i) => <li key={i.id}><span class="num muted">{i.id}</span><a href={`/incidents/${i.id}`}>{i.title}</a>{i.drill && <span class="chip info">drill{i.drill_by && ` by ${person(i.drill_by)}`}</span>}<span class="gap" /><StateChip of={i.state} />{i.end && <span class="muted">{endWord[i.end] ?? i.end}</span>}<Ago at={i.opened_wall} bare /></li>)}</ul>}</section>;
}

function One({ name }: { name: string }) {
	useStore(live);
	const read = useFetched(() => get<Runbook>(`/v1/runbooks/${encodeURIComponent(name)}`), [name]);
	const trust = useFetched(async () => (await get<List<Trust>>(`/v1/trust?runbook=${encodeURIComponent(name)}`)).items, [name]);
	useEffect(() => { document.title = `${name} · Firstline`; }, [name]);
	/* What a run or a drill proves shows when it is over. */
	useEffect(() => onRow((kind, row) => { if (kind === "trust" && (row as { runbook: string }).runbook === name) trust.again(); }), [name]);
	const b = read.value;
	const drill = () => question({ title: `Drill ${name}`, yes: "Start the drill", text: "A real run in the environment that drills are for; nobody but you is told. What it proves is evidence; it counts in no other figure.",
		fields: [{ name: "in", label: "Environment", value: b?.drill_in ?? "", hint: "empty: the runbook's own" }, { name: "service", label: "Service", value: b?.services[0] ?? "" }],
		run: (v) => act("/v1/drills", { runbook: name, ...v }).then(() => say("The drill has begun")) });
	useCommands([{ id: "drill", label: `Drill ${name}`, group: "Runbook", deed: true, run: drill }], [name, b]);
	if (read.error) return <Failed error={read.error} again={read.again} />;
	if (!b) return <Loading what={name} />;
	return <div class="page"><div class="page-head"><h1>{b.title || name}</h1><span class="muted">{name}</span></div>
		<div class="actions"><LooksOnly /><Deed onClick={drill}>Drill</Deed></div>
		<div class="columns"><div><DryRun b={b} /><section class="panel"><RunbookText name={name} without={b.title} /></section><Runs b={b} /></div><aside>
			{trust.error ? <Failed error={trust.error} /> : trust.value?.map((t) => <TrustPanel key={t.service} t={t} again={trust.again} />)}
			<section><h2>Written</h2><dl class="facts"><div><dt>File</dt><dd><code>{b.path}</code></dd></div><div><dt>Services</dt><dd>{b.services.length ? b.services.map((s) => <a key={s} href={`/services/${encodeURIComponent(s)}`}>{s} </a>) : "any"}</dd></div><div><dt>Answers</dt><dd>{b.answers ? plural(b.answers, "kind of alert", "kinds of alerts") : "only by hand"}</dd></div><div><dt>Ceiling</dt><dd>{b.ceiling}</dd></div>{b.drill_every_ms ? <div><dt>Drill</dt><dd>every {brief(b.drill_every_ms)}</dd></div> : null}</dl><p class="muted"><code>{b.hash.slice(0, 16)}</code></p></section>
		</aside></div></div>;
}
