/* By what people are reached: how the last messages went, what one would send, and a test. */
import { useRef, useState } from "preact/hooks";
import { act, get, type List } from "./api";
import { Ago, Deed, Empty, Failed, Loading, LooksOnly, cx, question, useFetched } from "./ui";

interface Channel { name: string; kind: string; people: string[]; teams: string[]; file: string; line: number; last_wall?: string | null; took_ms?: number; failed_wall?: string | null; error?: string }
interface Tried { id: number; state: string; channel: string; person: string; error?: string; request?: string; answer?: string; took_ms?: number; shows_as?: string | null }

const length = (ms: number) => ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
const PATIENCE_MS = 60_000;

/* Asked for, and then looked at until it is over. */
async function attempt(channel: string, verb: "test" | "preview", body: Record<string, unknown>): Promise<Tried> {
	let { notice } = await act<{ exit: number; notice: Tried }>(`/v1/channels/${encodeURIComponent(channel)}/${verb}`, body);
	const until = Date.now() + PATIENCE_MS;
	while (notice.state !== "delivered" && notice.state !== "given-up" && Date.now() < until) {
		await new Promise((wake) => setTimeout(wake, 300));
		notice = await get<Tried>(`/v1/notices/${notice.id}`);
	}
	return notice;
}

/* What its provider answers is outside bytes: shown as text and nothing else. */
function Outcome({ of: t }: { of: Tried }) {
	const over = t.state === "delivered" || t.state === "given-up", ok = t.state === "delivered";
	return <div class="tried" role="status">
		<p><span class={cx("chip", over && (ok ? "good" : "bad"))}>{t.shows_as ? (ok ? "not sent" : "cannot be sent") : over ? (ok ? "taken" : "not taken") : "on its way"}</span>
			{!t.shows_as && over && <> after {length(t.took_ms ?? 0)}</>}{t.error && <span class="bad-text"> {t.error}</span>}</p>
		{t.request && <details open={!!t.shows_as}><summary>{t.shows_as ? "What would go out" : "What went out"}</summary><pre class="code" tabIndex={0}>{t.request}</pre></details>}
		{t.answer && <details open><summary>What was answered</summary><pre class="code" tabIndex={0}>{t.answer}</pre></details>}
	</div>;
}

function One({ channel: c, again }: { channel: Channel; again: () => void }) {
	const [tried, setTried] = useState<Tried | null>(null);
	const [busy, setBusy] = useState(false);
	const running = useRef(false);
	const run = async (verb: "test" | "preview", body: Record<string, unknown>) => {
		if (running.current) return;
		running.current = true;
		setBusy(true);
		setTried(null);
		try {
			setTried(await attempt(c.name, verb, body));
			again();
		} finally {
			running.current = false;
			setBusy(false);
		}
	};
	const whom = [...c.people, ...c.teams];
	const to = { name: "to", label: "To whom", hint: whom.length > 0 ? `empty: you, or the channel itself; else ${whom.join(", ")}` : "empty: the channel itself" };
	const test = () => question({ title: `Test ${c.name}`, yes: "Send it", text: "One real message that says that it is a test.", fields: [to], run: (v) => run("test", v["to"] ? { to: v["to"] } : {}) });
	const preview = () => question({ title: `What ${c.name} would send`, yes: "Show", text: "Nothing is sent.", fields: [{ name: "incident", label: "Of which incident", hint: "its number; empty: a sample" }, to],
		run: (v) => run("preview", { ...(v["incident"] ? { incident: v["incident"] } : {}), ...(v["to"] ? { to: v["to"] } : {}) }) });
	return <article class="panel"><div class="line"><h2>{c.name}</h2><span class="chip">{c.kind}</span><span class="gap" /><Deed disabled={busy} onClick={preview}>Preview</Deed><Deed disabled={busy} onClick={test}>Test</Deed></div>
		<dl><dt>People</dt><dd>{c.people.join(", ") || "nobody"}</dd><dt>Teams</dt><dd>{c.teams.join(", ") || "none"}</dd>
			<dt>Last taken</dt><dd>{c.last_wall ? <><Ago at={c.last_wall} />, after {length(c.took_ms ?? 0)}</> : "nothing since the start"}</dd>
			{c.failed_wall && <><dt>Last refused</dt><dd><Ago at={c.failed_wall} />: <span class="bad-text">{c.error}</span></dd></>}
			<dt>Written</dt><dd><code>{c.file}:{c.line}</code></dd></dl>
		{busy && <p role="status" class="muted">On its way</p>}{tried && <Outcome of={tried} />}</article>;
}

export function Channels() {
	const read = useFetched(async () => (await get<List<Channel>>("/v1/channels")).items, []);
	if (read.error) return <Failed error={read.error} again={read.again} />;
	if (!read.value) return <Loading what="Channels" />;
	return <div class="page"><div class="page-head"><h1>Channels</h1><LooksOnly /></div>
		{read.value.length === 0 ? <Empty title="No channel is written down"><p>Without one nobody can be told: key <code>channels</code> of the configuration.</p></Empty>
			: <div class="grid">{read.value.map((c) => <One key={c.name} channel={c} again={read.again} />)}</div>}</div>;
}
