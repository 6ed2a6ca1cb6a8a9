/* What alerts cost people, and what came of them: the worst first. A part of the page of alerts. */
import { useEffect } from "preact/hooks";
import { get, type List } from "./api";
import { setQuery, useAddress } from "./router";
import { At, Empty, Failed, Loading, useFetched } from "./ui";
import type { NoiseItem } from "./v1";

const BY = ["alert", "source", "service"], SINCE: Record<string, string> = { "7d": "a week", "30d": "30 days", "90d": "90 days", "400d": "all that is kept" };

export function Noise() {
	const { query } = useAddress();
	const by = BY.find((b) => b === query.get("noise")) ?? "alert", since = query.get("since") ?? "30d";
	const read = useFetched(async () => (await get<List<NoiseItem>>(`/v1/noise?by=${by}&since=${encodeURIComponent(since)}`)).items, [by, since]);
	useEffect(() => { document.title = "Noise · Firstline"; }, []);
	const first = read.value?.[0];
	return <div class="page"><div class="page-head"><h1>Noise</h1><span class="muted">what alerts cost people{first?.since_wall && <>, since <At at={first.since_wall} /></>}</span><span class="gap" /><a href="/alerts">Alerts</a></div>
		<div class="filters"><div class="tabs" role="group" aria-label="By">{BY.map((b) => <button type="button" key={b} aria-pressed={b === by} onClick={() => setQuery({ noise: b }, false)}>{b}</button>)}</div>
			<div class="tabs" role="group" aria-label="Since">{Object.entries(SINCE).map(([s, words]) => <button type="button" key={s} aria-pressed={s === since} onClick={() => setQuery({ since: s === "30d" ? "" : s }, false)}>{words}</button>)}</div></div>
		{read.error ? <Failed error={read.error} again={read.again} /> : !read.value ? <Loading what="Noise" /> : read.value.length === 0 ? <Empty title="No alert has fired" />
			: <div class="table scroll-x stack"><table><thead><tr><th>{by}</th><th>Fired</th><th>Incidents</th><th>Called</th><th>Acted</th><th>Useful</th></tr></thead><tbody>{read.value.map((n) => <tr key={n.name}>
				<td><b>{n.name || "none"}</b>{n.verdict && <><br /><span class="chip warn">{n.verdict}</span></>}</td><td data-as="fired">{n.fired.toLocaleString()}</td><td data-as="incidents">{n.incidents.toLocaleString()}</td><td data-as="called">{n.called.toLocaleString()}</td>
				<td data-as="acted">{n.acted.toLocaleString()}{n.incidents > 0 && <span class="muted"> {n.acted_percent} %</span>}</td><td data-as="useful">{n.yes} yes, {n.no} no</td></tr>)}</tbody></table></div>}</div>;
}
