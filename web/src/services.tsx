/* The catalogue: who answers for what, what depends on what, what may be done there. */
import { useEffect } from "preact/hooks";
import { ask, get, type List } from "./api";
import { useItems } from "./board";
import * as todo from "./do";
import { useCommands } from "./keys";
import { live } from "./live";
import { Out } from "./markdown";
import { setQuery, useAddress } from "./router";
import { Rules } from "./rules";
import { useStore } from "./store";
import type { Can, Incident } from "./types";
import { Ago, Deed, Empty, Failed, Loading, LooksOnly, Sev, StateChip, Verdict, plural, useFetched } from "./ui";

export interface Service {
	name: string; description?: string; owner: string; developers: string; system: string; tier: number; environment: string; journeys: string[];
	depends_on: string[]; dependents: string[]; dashboards: string[]; logs: string[]; hosts: string[]; runbooks: string[]; file: string; line: number;
}
const to = (name: string) => `/services/${encodeURIComponent(name)}`;

export function Services({ rest }: { rest: string }) {
	return rest ? <One key={rest} name={rest} /> : <All />;
}

function All() {
	useStore(live);
	const { query } = useAddress();
	const text = query.get("q") ?? "";
	const read = useFetched(async () => (await get<List<Service>>("/v1/services")).items, []);
	useCommands(useItems(), []);
	if (read.error) return <Failed error={read.error} again={read.again} />;
	if (!read.value) return <Loading what="Services" />;
	const open = Map.groupBy(live.incidents.values(), (i) => i.service);
	const shown = read.value.filter((s) => !text || `${s.name} ${s.owner} ${s.system} ${s.developers}`.toLowerCase().includes(text.toLowerCase()))
		.sort((a, b) => (open.get(b.name)?.length ?? 0) - (open.get(a.name)?.length ?? 0) || a.tier - b.tier || a.name.localeCompare(b.name));
	return <div class="page"><div class="page-head"><h1>Services</h1><span class="muted">{plural(shown.length, "service")}</span></div>
		<div class="filters"><input type="search" placeholder="Filter" aria-label="Filter" value={text} onInput={(e) => setQuery({ q: e.currentTarget.value })} /></div>
		{shown.length === 0 ? <Empty title={text ? "None fits" : "No service is written down"}><p>Services are the key <code>services</code> of the configuration.</p></Empty>
			: <div class="grid">{shown.map((s) => { const now = open.get(s.name) ?? []; return <article class="panel card" key={s.name}>
				<div class="line"><h2><a class="cover" data-item href={to(s.name)}>{s.name}</a></h2><span class="chip">tier {s.tier}</span><span class="gap" />{now.length > 0 ? <span class="chip bad">{plural(now.length, "incident")}</span> : <span class="chip good">quiet</span>}</div>
				<p class="muted">{s.description || (s.journeys.length ? `customers: ${s.journeys.join(", ")}` : s.system)}</p>
				<p class="muted">{s.owner} answers{s.developers && `, ${s.developers} develops`}{s.runbooks.length > 0 && `, ${plural(s.runbooks.length, "runbook")}`}</p></article>; })}</div>}
	</div>;
}

const DRAWN = 8;
function Others({ what, of }: { what: string; of: string[] }) {
	return of.length <= DRAWN ? null : <details><summary class="muted">{plural(of.length - DRAWN, "more", "more")}: {what}</summary><p>{of.slice(DRAWN).map((n, i) => <span key={n}>{i > 0 && ", "}<a href={to(n)}>{n}</a></span>)}</p></details>;
}

/* What it depends on to the right, who depends on it to the left. */
function Graph({ s }: { s: Service }) {
	const left = s.dependents.slice(0, DRAWN), right = s.depends_on.slice(0, DRAWN);
	if (left.length + right.length === 0) return <p class="muted">It depends on nothing, and nothing on it.</p>;
	const rows = Math.max(left.length, right.length, 1), h = rows * 44 + 8, y = (i: number, n: number) => h / 2 + (i - (n - 1) / 2) * 40;
	const x0 = left.length ? -1 : 239, x1 = right.length ? 661 : 421;
	const box = (name: string, x: number, at: number, self = false) => <a href={to(name)}><rect class={self ? "self" : ""} x={x} y={at - 13} width="180" height="26" rx="5" /><text x={x + 90} y={at + 4} text-anchor="middle">{name.length > 25 ? `${name.slice(0, 24)}…` : name}</text></a>;
	return <svg class="graph" viewBox={`${x0} 0 ${x1 - x0} ${h}`} width={x1 - x0} role="group" aria-label="Dependencies">
		{left.map((n, i) => <line key={n} x1="180" y1={y(i, left.length)} x2="240" y2={h / 2} />)}{right.map((n, i) => <line key={n} x1="420" y1={h / 2} x2="480" y2={y(i, right.length)} />)}
		{left.map((n, i) => box(n, 0, y(i, left.length)))}{box(s.name, 240, h / 2, true)}{right.map((n, i) => box(n, 480, y(i, right.length)))}</svg>;
}

function CanList({ of: can, none, service }: { of: { value?: Can[]; error?: unknown }; none: string; service: string }) {
	return can.error ? <Failed error={can.error} /> : !can.value ? <Loading what="Authority" /> : can.value.length === 0 ? <p class="muted">{none} <a href={`/authority?service=${encodeURIComponent(service)}`}>Ask who may</a></p>
		: <ul class="rows">{can.value.map((c) => <li key={c.action}><b>{c.action}</b><Verdict of={c.verdict} /><span class="muted">{c.text}</span></li>)}</ul>;
}

function One({ name }: { name: string }) {
	useStore(live);
	const read = useFetched(() => get<Service>(`/v1/services/${encodeURIComponent(name)}`), [name]);
	const incidents = useFetched(async () => (await get<List<Incident>>(`/v1/incidents?state=all&limit=20&service=${encodeURIComponent(name)}`)).items, [name, live.incidents.size]);
	const can = useFetched(async () => (await ask<List<Can>>("/v1/what-can", { service: name })).items, [name]);
	const automation = useFetched(async () => (await ask<List<Can>>("/v1/what-can", { service: name, principal: "automation" })).items, [name]);
	useEffect(() => { document.title = `${name} · Firstline`; }, [name]);
	useCommands([{ id: "take", label: "Take in hand", group: "Service", keys: "t", deed: true, run: () => todo.handsOn(name) }], [name]);
	if (read.error) return <Failed error={read.error} again={read.again} />;
	const s = read.value;
	if (!s) return <Loading what={name} />;
	const held = [...live.leases.values()].find((l) => l.service === name && !l.over);
	return <div class="page">
		<div class="page-head"><h1>{s.name}</h1><span class="chip">tier {s.tier}</span><span class="muted">{s.environment}</span></div>
		<div class="actions"><LooksOnly /><Deed onClick={() => todo.handsOn(name)}>Take in hand</Deed>{held && <Deed onClick={() => todo.handsOff(held)}>Let go</Deed>}<Deed class="danger" onClick={() => todo.breakGlass(name)}>Break the glass</Deed></div>
		<div class="columns"><div>
			<section class="panel"><h2>Dependencies</h2><Graph s={s} /><Others what="depend on it" of={s.dependents} /><Others what="it depends on" of={s.depends_on} /></section>
			<section class="panel"><h2>Incidents</h2>{incidents.error ? <Failed error={incidents.error} /> : !incidents.value ? <Loading what="Incidents" /> : incidents.value.length === 0 ? <p class="muted">None yet.</p>
				: <ul class="rows">{incidents.value.map((i) => <li key={i.id}><Sev of={i.severity} /><a href={`/incidents/${i.id}`}>{i.title}</a><span class="gap" /><StateChip of={i.state} /><Ago at={i.opened_wall} bare /></li>)}</ul>}</section>
		</div><aside>
			<section><h2>Who</h2><dl class="facts"><div><dt>Answers</dt><dd>{s.owner}</dd></div><div><dt>Develops</dt><dd>{s.developers || "nobody"}</dd></div><div><dt>System</dt><dd>{s.system}</dd></div><div><dt>Customers</dt><dd>{s.journeys.join(", ") || "none directly"}</dd></div></dl>
				<p class="muted">On duty: {live.duty.filter((d) => d.team === s.owner && d.person).map((d) => `${d.rotation}: ${d.person}`).join(", ") || "nobody"}</p><p class="muted"><code>{s.file}:{s.line}</code></p></section>
			<section><h2>Runbooks</h2>{s.runbooks.length === 0 ? <p class="muted">None is for it by name.</p> : <ul class="rows">{s.runbooks.map((r) => <li key={r}><a href={`/runbooks/${encodeURIComponent(r)}`}>{r}</a></li>)}</ul>}</section>
			<section><h2>Who may do what now</h2><h3>You</h3><CanList of={can} none="Nothing." service={name} /><h3>Automation</h3><CanList of={automation} none="Nothing: a person is needed." service={name} /></section>
			<Rules service={name} title="Authority in force" />
			{s.hosts.length > 0 && <section><h2>Hosts</h2><p>{s.hosts.join(", ")}</p></section>}
			{s.dashboards.length + s.logs.length > 0 && <section><h2>Where to look</h2><ul>{[...s.dashboards, ...s.logs].map((u) => <li key={u}><Out href={u}>{u}</Out></li>)}</ul></section>}
		</aside></div></div>;
}
