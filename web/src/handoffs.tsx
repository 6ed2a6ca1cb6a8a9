/* What went to the developers, each with its case file. */
import { useEffect } from "preact/hooks";
import { get, type List } from "./api";
import { useItems } from "./board";
import { useCommands } from "./keys";
import { live } from "./live";
import { Markdown } from "./markdown";
import { useStore } from "./store";
import type { Handoff } from "./types";
import { Ago, Astray, Empty, Failed, Loading, useFetched } from "./ui";

const classWord: Record<string, string> = { "code-change": "code change", architecture: "architecture", investigation: "investigation" };

export function Handoffs({ rest }: { rest: string }) {
	if (!rest) return <All />;
	return /^[1-9]\d{0,18}$/.test(rest) ? <One key={rest} id={rest} /> : <Astray title={`There is no handoff '${rest}'`} to="/handoffs" name="All handoffs"><p>Handoffs have numbers: <code>/handoffs/1</code></p></Astray>;
}

function All() {
	useStore(live);
	const read = useFetched(async () => (await get<List<Handoff>>("/v1/handoffs?limit=500")).items, [[...live.incidents.values()].filter((i) => i.handoff).length]);
	useCommands(useItems(), []);
	if (read.error) return <Failed error={read.error} again={read.again} />;
	if (!read.value) return <Loading what="Handoffs" />;
	return <div class="page"><div class="page-head"><h1>Handoffs</h1><span class="muted">structural work, with developers</span></div>
		{read.value.length === 0 ? <Empty title="Nothing was handed to developers"><p>What operators and runbooks can put right stays with them.</p></Empty>
			: <div class="table scroll-x stack"><table><thead><tr><th>Handoff</th><th>Class</th><th>To</th><th>Asked</th><th>Filed</th><th>When</th></tr></thead><tbody>{read.value.toSorted((a, b) => b.id - a.id).map((h) => <tr key={h.id}>
				<td><a data-item href={`/handoffs/${h.id}`}>{h.title}</a><br /><small>incident <a href={`/incidents/${h.incident}`}>{h.incident}</a></small></td><td><span class="chip">{classWord[h.class] ?? h.class}</span></td><td data-as="to">{h.team}</td><td data-as="asked:">{h.ask}</td><td data-as="filed as">{h.state === "filed" ? h.filed : <span class="chip warn">being filed</span>}</td><td><Ago at={h.wall} bare /></td></tr>)}</tbody></table></div>}</div>;
}

function One({ id }: { id: string }) {
	const read = useFetched(() => get<Handoff>(`/v1/handoffs/${id}`), [id]);
	useEffect(() => { document.title = `Handoff ${id} · Firstline`; }, [id]);
	if (read.error) return <Failed error={read.error} />;
	const h = read.value;
	if (!h) return <Loading what={`Handoff ${id}`} />;
	return <div class="page"><div class="page-head"><span class="chip">{classWord[h.class] ?? h.class}</span><span>to {h.team}</span><span class="muted"><Ago at={h.wall} /></span><a href={`/incidents/${h.incident}`}>incident {h.incident}</a><a href={`/v1/handoffs/${h.id}?format=markdown`} target="_blank" rel="noopener">as Markdown</a></div>
		<section class="panel"><Markdown text={h.case_file} top={1} /></section></div>;
}
