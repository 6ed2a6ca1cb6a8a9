/* By what people are reached. */
import { get, type List } from "./api";
import { Empty, Failed, Loading, useFetched } from "./ui";

interface Channel { name: string; kind: string; people: string[]; teams: string[]; file: string; line: number }

export function Channels() {
	const read = useFetched(async () => (await get<List<Channel>>("/v1/channels")).items, []);
	if (read.error) return <Failed error={read.error} again={read.again} />;
	if (!read.value) return <Loading what="Channels" />;
	return <div class="page"><div class="page-head"><h1>Channels</h1></div>
		{read.value.length === 0 ? <Empty title="No channel is written down"><p>Without one nobody can be told: key <code>channels</code> of the configuration.</p></Empty>
			: <div class="grid">{read.value.map((c) => <article class="panel" key={c.name}><div class="line"><h2>{c.name}</h2><span class="chip">{c.kind}</span></div><dl><dt>People</dt><dd>{c.people.join(", ") || "nobody"}</dd><dt>Teams</dt><dd>{c.teams.join(", ") || "none"}</dd><dt>Written</dt><dd><code>{c.file}:{c.line}</code></dd></dl></article>)}</div>}</div>;
}
