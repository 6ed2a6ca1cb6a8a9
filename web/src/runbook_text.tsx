/* A runbook as it is written, with what became of its steps beside them. */
import { get } from "./api";
import { AttemptBody } from "./attempt";
import { Markdown, withoutFront } from "./markdown";
import type { Run, Whole } from "./types";
import { Failed, Loading, cx, useFetched } from "./ui";

export interface Runbook {
	name: string; path: string; title: string; text?: string; hash: string; services: string[]; answers: number; ceiling: string; shadow?: boolean;
	drill_every_ms?: number; drill_in?: string; steps: number; line: number;
}

const KINDS = new Set(["check", "action", "verify", "undo", "handoff", "ask", "call", "wait"]);

/* What was looked for and was not there; and where a run ended that did not end well. */
export const wentWrong = (text: string) => /does not|not recovered|unknown/.test(text);
function stateOf(at: number, run: Run | undefined, seen: string | undefined) {
	if (!run || at > run.step) return "";
	if (run.state === "running" && at === run.step) return "now";
	if (at === run.step && (run.state === "needs-person" || run.state === "cancelled")) return "bad";
	return seen && wentWrong(seen) ? "bad" : "past";
}

/* `without`: the title that the page has already. */
export function RunbookText({ name, run, whole, without, done }: { name: string; run?: Run; whole?: Whole; without?: string; done?: () => void }) {
	const read = useFetched(() => get<Runbook>(`/v1/runbooks/${encodeURIComponent(name)}`), [name], done);
	if (read.error) return <Failed error={read.error} />;
	if (!read.value) return <Loading what="The runbook" />;
	let step = -1;
	const text = withoutFront(read.value.text ?? "");
	const title = without ? /^\s*#\s+(.*?)\s*#*\n/.exec(text) : null;
	const own = title?.[1] === without && title ? title[0].length : 0;
	return <Markdown top={own ? 1 : without ? 2 : 3} text={text.slice(own)} fence={(f) => {
		const [kind = "", title = ""] = f.info.split(/\s+/);
		if (!KINDS.has(kind)) return null;
		const at = ++step;
		const attempts = run ? whole?.attempts.filter((a) => a.run === run.id && a.step === title) ?? [] : [];
		const seen = run ? whole?.timeline.filter((t) => t.kind === "check" && t.ref === run.id && t.text.includes(`${title}:`)) ?? [] : [];
		const state = stateOf(at, run, seen.at(-1)?.text);
		return <div class={cx("runstep", kind, state)} aria-current={state === "now" ? "step" : undefined}>
			<div class="line"><span class="chip">{kind}</span><b>{title}</b>{state === "now" && <span class="chip info">now</span>}{state === "bad" && <span class="chip bad">{run!.step === at && run!.state === "cancelled" ? "stopped" : run!.step === at && run!.state === "needs-person" ? "ended here" : "not so"}</span>}</div>
			<pre tabIndex={0}>{f.body}</pre>
			{state === "now" && run?.last_value && <p class="muted">last saw {run.last_value}</p>}
			{seen.slice(-1).map((t) => <p key={t.id} class="seen">{t.text}</p>)}
			{attempts.map((a) => <AttemptBody key={a.id} a={a} />)}
		</div>;
	}} />;
}
