/* All incidents, by state, service and owner; and one of them. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { all } from "./api";
import { useItems } from "./board";
import { IncidentPage } from "./incident";
import { useCommands } from "./keys";
import { live } from "./live";
import { setQuery, useAddress } from "./router";
import { useStore } from "./store";
import type { Incident } from "./types";
import { Ago, Astray, Empty, Failed, Loading, LongList, Sev, StateChip, cx, endWord, person, plural, useFetched } from "./ui";

export function Incidents({ rest }: { rest: string }) {
	if (!rest) return <IncidentList />;
	return /^[1-9]\d{0,9}$/.test(rest) ? <IncidentPage key={rest} id={Number(rest)} /> : <Astray title={`There is no incident '${rest}'`} to="/incidents" name="The incidents that are open"><p>Incidents have numbers: <code>/incidents/1</code></p></Astray>;
}

const PAGE = 1000;
const STATES = ["open", "acting", "verifying", "recovered", "handed-off", "closed", "all"];

function IncidentList() {
	useStore(live);
	const { query } = useAddress();
	const state = query.get("state") ?? "open", service = query.get("service") ?? "", text = query.get("q") ?? "";
	const fromStore = state === "closed" || state === "all";
	const [most, setMost] = useState(PAGE);
	const kept = useFetched(async () => fromStore
		? all<Incident>(`/v1/incidents?state=${state}${service ? `&service=${encodeURIComponent(service)}` : ""}`, most) : null,
	[state, service, most]);
	const read = { ...kept, value: kept.value?.items };
	useCommands(useItems(), []);
	useEffect(() => { document.title = "Incidents · Firstline"; }, []);
	const source = fromStore ? (read.value ?? []).map((i) => live.incidents.get(i.id) ?? i) : [...live.incidents.values()];
	const rows = useMemo(() => source.filter((i) => (state === "open" || state === "all" || i.state === state) && (!service || i.service === service)
		&& (!text || `${i.id} ${i.title} ${i.service} ${i.owner} ${i.impact}`.toLowerCase().includes(text.toLowerCase())))
		.sort((a, b) => b.id - a.id), [live.version, read.value, state, service, text]);
	const services = useMemo(() => [...new Set([...live.incidents.values(), ...(read.value ?? [])].map((i) => i.service).filter(Boolean))].sort(), [live.version, read.value]);
	if (!STATES.includes(state)) return <Astray title={`There is no state '${state}'`} to="/incidents" name="The incidents that are open"><p>There are {STATES.map((s, n) => <span key={s}>{n > 0 && ", "}<a href={`/incidents?state=${s}`}>{s}</a></span>)}.</p></Astray>;
	return <div class="page">
		<div class="page-head"><h1>Incidents</h1><span class="muted">{plural(rows.length, "incident")}</span></div>
		<div class="filters">
			<div class="tabs" role="group" aria-label="State">{STATES.map((s) => <button type="button" key={s} aria-pressed={s === state} onClick={() => setQuery({ state: s === "open" ? "" : s })}>{s.replace("-", " ")}</button>)}</div>
			<label><span class="visually-hidden">Service</span><select value={service} onChange={(e) => setQuery({ service: e.currentTarget.value })}>
				<option value="">every service</option>{service && !services.includes(service) && <option>{service}</option>}{services.map((s) => <option key={s}>{s}</option>)}</select></label>
			<input type="search" placeholder="Filter" aria-label="Filter" value={text} onInput={(e) => setQuery({ q: e.currentTarget.value })} />
		</div>
		{read.error ? <Failed error={read.error} again={read.again} /> : (fromStore ? read.busy && !read.value : !live.loaded) ? <Loading what="Incidents" />
			: rows.length === 0 ? <Empty title={state === "open" ? "No incident is open" : "None"}><p class="muted">{text || service ? "Nothing fits this filter." : "That is as it should be."}</p></Empty>
			: <div class="table incident-table"><LongList items={rows} rowPx={44} keyOf={(i) => i.id} label="Incidents" row={(i) => <ListRow i={i} />} /></div>}
		{fromStore && kept.value?.cursor ? <p class="more muted">The latest {most.toLocaleString()} are here. <button type="button" disabled={kept.busy} onClick={() => setMost(most + PAGE)}>More</button></p>
			: !fromStore && live.more > 0 && <p class="more muted">{live.more.toLocaleString()} more are open: they are on the list of their service, among all.</p>}
	</div>;
}

function ListRow({ i }: { i: Incident }) {
	return <div class={cx("list-row", i.severity)}>
		<span class="num">{i.id}</span><Sev of={i.severity} />
		<span class="two"><a class="cover" data-item href={`/incidents/${i.id}`}>{i.title}</a><small>{i.impact}</small></span>
		<span class="wide-only">{i.service || "–"}</span><span class="wide-only muted">{i.acknowledged ? person(i.acknowledged_by ?? "") : i.owner}</span>
		<span><StateChip of={i.state} />{i.end && <small class="wide-only muted"> {endWord[i.end] ?? i.end}</small>}</span><span class="right muted"><Ago at={i.opened_wall} bare /></span></div>;
}
