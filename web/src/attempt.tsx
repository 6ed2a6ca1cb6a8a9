/* One start of an action: how it stands, and what it wrote, while it is at work too. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { get } from "./api";
import { target } from "./decision";
import * as todo from "./do";
import { brief } from "./time";
import type { Attempt, OutputItem } from "./types";
import { Deed, cx } from "./ui";

/* ---- what it has written so far ---- */

const LOOK_MS = 1000;

/* Asked for once for all places that show it, and only while somebody looks at the page. */
class Look {
	text = "";
	watchers = new Set<(text: string) => void>();
	constructor(private id: number) { void this.again(); }
	private async again() {
		await null; /* until somebody watches */
		if (document.visibilityState === "visible") {
			const seen = await get<OutputItem>(`/v1/attempts/${this.id}/output`).catch(() => null);
			if (seen?.at_work) this.tell(seen.output);
		}
		if (this.watchers.size > 0) setTimeout(() => void this.again(), LOOK_MS);
	}
	private tell(text: string) {
		if (text === this.text) return;
		this.text = text;
		this.watchers.forEach((f) => f(text));
	}
}

const looks = new Map<number, Look>();
function look(id: number, tell: (text: string) => void) {
	const one = looks.get(id) ?? new Look(id);
	looks.set(id, one);
	one.watchers.add(tell);
	tell(one.text);
	return () => {
		one.watchers.delete(tell);
		if (one.watchers.size === 0) looks.delete(id);
	};
}

/* Its end is in sight, unless somebody has scrolled up to read. */
function SoFar({ a }: { a: Attempt }) {
	const [text, tell] = useState(""), box = useRef<HTMLPreElement>(null), follows = useRef(true);
	useEffect(() => look(a.id, tell), [a.id]);
	useLayoutEffect(() => {
		const pre = box.current;
		if (pre && follows.current) pre.scrollTop = pre.scrollHeight;
	}, [text]);
	const scrolled = (pre: HTMLElement) => { follows.current = pre.scrollTop + pre.clientHeight >= pre.scrollHeight - 8; };
	if (!text) return null;
	return <><pre ref={box} class="code output" tabIndex={0} aria-label={`Output of ${a.action} so far`} onScroll={(e) => scrolled(e.currentTarget)}>{text}</pre><small>so far</small></>;
}

/* ---- all of it ---- */

const attemptWord: Record<string, string> = { exited: "exit", "timed-out": "timed out", killed: "killed", lost: "never started", "in-doubt": "in doubt", settled: "settled", started: "running", intent: "on its way", claimed: "on its way" };

export function AttemptBody({ a }: { a: Attempt }) {
	const took = a.started_wall && a.ended_wall ? Date.parse(a.ended_wall) - Date.parse(a.started_wall) : null;
	const mayUndo = a.undo_until_at && !a.undone_by;
	return <div class="attempt">
		<div class="line"><span class={cx("chip", a.state === "exited" ? (a.exit_code === 0 ? "good" : "bad") : a.ended_wall ? "bad" : "info")}>{attemptWord[a.state] ?? a.state}{a.state === "exited" ? ` ${a.exit_code}` : a.signal ? ` (signal ${a.signal})` : ""}</span>
			<b>{target(a)}</b>{took !== null && <span class="muted">{took < 1000 ? `${took} ms` : brief(took)}</span>}{a.why && <span class="muted">{a.why}</span>}
			{mayUndo ? <Deed onClick={() => todo.undo(a)}>Undo</Deed> : null}{a.undone_by ? <span class="chip">taken back</span> : null}</div>
		{a.argv.length > 0 && <code class="argv">{a.argv.join(" ")}</code>}
		{a.state === "started" ? <SoFar a={a} /> : a.output && <pre class="code output" tabIndex={0} aria-label={`Output of ${a.action}`}>{a.output}</pre>}
		{a.output_bytes > a.output.length && <small>{a.output_bytes.toLocaleString()} bytes in all</small>}
	</div>;
}
