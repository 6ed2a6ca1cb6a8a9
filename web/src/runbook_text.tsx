/* A runbook as it is written, with what became of its steps beside them. */
import { get } from "./api";
import { AttemptBody } from "./incident";
import { Markdown, withoutFront } from "./markdown";
import type { Run, Whole } from "./types";
import { Failed, Loading, cx, useFetched } from "./ui";

export interface Runbook {
	name: string; path: string; title: string; text?: string; hash: string; services: string[]; answers: number; ceiling: string; shadow?: boolean;
	drill_every_ms?: number; drill_in?: string; steps: number; line: number;
}

const KINDS = new Set(["check", "action", "verify", "undo", "handoff", "ask", "call", "wait"]);

export function RunbookText({ name, run, whole }: { name: string; run?: Run; whole?: Whole }) {
	const read = useFetched(() => get<Runbook>(`/v1/runbooks/${encodeURIComponent(name)}`), [name]);
	if (read.error) return <Failed error={read.error} />;
	if (!read.value) return <Loading what="The runbook" />;
	let step = -1;
	return <Markdown top={3} text={withoutFront(read.value.text ?? "")} fence={(f) => {
		const [kind = "", title = ""] = f.info.split(/\s+/);
		if (!KINDS.has(kind)) return null;
		const at = ++step;
		const state = !run ? "" : run.state === "running" ? (at === run.step ? "now" : at < run.step ? "past" : "") : at <= run.step ? "past" : "";
		const attempts = run ? whole?.attempts.filter((a) => a.run === run.id && a.step === title) ?? [] : [];
		const seen = run ? whole?.timeline.filter((t) => t.kind === "check" && t.ref === run.id && t.text.includes(`${title}:`)) ?? [] : [];
		return <div class={cx("runstep", kind, state)} aria-current={state === "now" ? "step" : undefined}>
			<div class="line"><span class="chip">{kind}</span><b>{title}</b>{state === "now" && <span class="chip info">now</span>}</div>
			<pre tabIndex={0}>{f.body}</pre>
			{state === "now" && run?.last_value && <p class="muted">last saw {run.last_value}</p>}
			{seen.slice(-1).map((t) => <p key={t.id} class="seen">{t.text}</p>)}
			{attempts.map((a) => <AttemptBody key={a.id} a={a} />)}
		</div>;
	}} />;
}
