/* Small parts that all pages are made of. */
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "./api";
import { live } from "./live";
import { looksOnly, mayDo } from "./roles";
import { Store, quarters, useStore } from "./store";
import { brief, now, titled, when } from "./time";

export const cx = (...names: (string | false | null | undefined)[]) => names.filter(Boolean).join(" ");
export const count = (n: number) => (n < 1000 ? String(n) : n.toLocaleString());
export const plural = (n: number, one: string, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;
/* What the server says in the middle of a sentence, as one of its own. */
export const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
export const person = (principal: string) => principal.replace(/^person:/, "");

/* ---- words and marks ---- */

export const stateWord: Record<string, string> = {
	open: "open", acting: "acting", verifying: "verifying", recovered: "recovered", "handed-off": "handed off", closed: "closed",
};
export const endWord: Record<string, string> = {
	verified: "verified", resolved: "resolved by its source", expired: "its source went quiet", person: "closed by a person",
	"not-real": "was over already", silenced: "silenced", inhibited: "held by another alert",
};

export function Sev({ of }: { of: string }) {
	return <span class={`sev ${of}`}>{of.toUpperCase()}</span>;
}
export function StateChip({ of }: { of: string }) {
	return <span class={`chip state-${of}`}>{stateWord[of] ?? of}</span>;
}
export function Verdict({ of }: { of: string | null }) {
	const word = of === "allow" ? "allowed" : of === "deny" ? "refused" : of === "allow-after-approval" ? "needs approval" : "not known yet";
	return <span class={`chip verdict-${of ?? "none"}`}>{word}</span>;
}

/* "4 min ago", the whole time in both zones on hover. */
export function Ago({ at, bare }: { at: string; bare?: boolean }) {
	useStore(quarters);
	const ms = now() - Date.parse(at);
	const text = ms >= 0 ? brief(ms) + (bare ? "" : " ago") : "in " + brief(-ms);
	return <time key={at} ref={titled} dateTime={at}>{text}</time>;
}
export function At({ at }: { at: string }) {
	return <time key={at} ref={titled} dateTime={at}>{when(at)}</time>;
}
export function Kbd({ keys }: { keys: string }) {
	return <span class="kbds" aria-hidden="true">{keys.split(" ").map((k) => <kbd key={k}>{k}</kbd>)}</span>;
}

export function Icon({ name }: { name: keyof typeof paths }) {
	return <svg class="icon" viewBox="0 0 20 20" aria-hidden="true"><path d={paths[name]} /></svg>;
}
const paths = {
	board: "M3 4h4v12H3zM8.5 4h4v8h-4zM14 4h3v5h-3z",
	incidents: "M10 3l8 14H2zM10 8v4M10 14v.5",
	alerts: "M10 3a4.5 4.5 0 0 0-4.5 4.5c0 4-2 5-2 6.500h13c0-1.500-2-2.500-2-6.500A4.500 4.500 0 0 0 10 3zM8 16.500h4",
	handoffs: "M3 10h12M11 5.500l4.500 4.500-4.500 4.500M3 5v10",
	services: "M10 3v4M10 13v4M4 10h3M13 10h3M7.500 7.500h5v5h-5z",
	runbooks: "M4 3.500h9a3 3 0 0 1 3 3v10H7a3 3 0 0 1-3-3zM7 7.500h6M7 10.500h6",
	authority: "M10 2.500l6.500 2.500v4.500c0 4-2.600 6.700-6.500 8-3.900-1.300-6.500-4-6.500-8V5zM7 10l2.200 2.200L13.200 8",
	schedules: "M3.500 5h13v11.500h-13zM3.500 8.500h13M7 3v3M13 3v3",
	channels: "M3 4.500h14v9H9l-4 3.500v-3.500H3z",
	ourselves: "M2.500 10.500h3.500l2-6 4 11 2-5h3.500",
	search: "M9 3.500a5.500 5.500 0 1 0 0 11 5.500 5.500 0 0 0 0-11zM13 13l4.500 4.500",
	check: "M4 10.500l4 4 8-9",
	theme: "M10 3a7 7 0 1 0 0 14zM10 3a7 7 0 0 1 0 14",
	more: "M4 10h.5M9.800 10h.5M15.500 10h.5",
	help: "M7.500 7.500a2.500 2.500 0 1 1 3.500 2.300c-.700.400-1 .900-1 1.700M10 14v.5",
	hand: "M6 10V5.500a1.200 1.200 0 0 1 2.400 0V4a1.200 1.200 0 0 1 2.400 0v1a1.200 1.200 0 0 1 2.400 0v1.500a1.200 1.200 0 0 1 2.400 0V12c0 3-2 5-4.800 5-2.600 0-3.600-1.200-5-3.700L4.300 11c.600-.900 1.200-.700 1.700-.200z",
} as const;
export type IconName = keyof typeof paths;

/* A button that changes something: for whoever can. Where it is missed, `LooksOnly` says why. */
export function Deed(props: JSX.IntrinsicElements["button"]) {
	return mayDo() ? <button type="button" {...props} /> : null;
}
export function LooksOnly() {
	return mayDo() ? null : <p class="muted looks-only">{looksOnly()}: an operator acts.</p>;
}

/* ---- states of a page ---- */

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
	return <div class="empty"><Icon name="check" /><h2>{title}</h2>{children}</div>;
}
/* An address that leads nowhere: what is wrong with it, and where to go. */
export function Astray({ title, to, name, children }: { title: string; to: string; name: string; children?: ComponentChildren }) {
	useEffect(() => { document.title = `${title} · Firstline`; }, [title]);
	return <div class="empty astray" role="alert"><Icon name="search" /><h1>{title}</h1>{children}<p><a href={to}>{name}</a></p></div>;
}
export function Loading({ what }: { what: string }) {
	return <div class="loading" role="status"><span class="visually-hidden">{what} …</span>
		<div class="bone" /><div class="bone" /><div class="bone short" /></div>;
}
export function Failed({ error, again }: { error: unknown; again?: () => void }) {
	const status = error instanceof ApiError ? error.status : 0;
	return <div class="failed" role="alert">
		<h2>{status === 403 ? "Not yours to see" : status === 404 ? "Not there"
			: status === 410 ? "Not kept any more" : "This could not be read"}</h2>
		<p>{error instanceof Error ? error.message : String(error)}</p>
		{again && <button type="button" onClick={again}>Try again</button>}
	</div>;
}

/* What a page reads, and reads again when an input changes. What it had stays until then. `done`: it was read, or could not be. */
export function useFetched<T>(read: () => Promise<T>, inputs: unknown[], done?: () => void) {
	const [state, set] = useState<{ value?: T; error?: unknown; busy: boolean }>({ busy: true });
	const [turn, again] = useState(0);
	useEffect(() => {
		let gone = false;
		set((s) => ({ ...s, busy: true }));
		read().then((value) => { if (!gone) set({ value, busy: false }); },
			(error) => { if (!gone) set((s) => ({ value: s.value, error, busy: false })); });
		return () => { gone = true; };
	}, [...inputs, turn]);
	useEffect(() => { if (state.value !== undefined || state.error) done?.(); }, [state]);
	/* What could not be read while the server was away is read when it is back. */
	useEffect(() => {
		if (!state.error) return;
		let was = live.link;
		return live.watch(() => {
			if (was === "lost" && live.link === "live") again((n) => n + 1);
			was = live.link;
		});
	}, [state.error]);
	return { ...state, again: () => again((n) => n + 1) };
}

/* ---- what was done, said for a moment ---- */

interface Toast { id: number; text: string; bad: boolean; undo?: () => Promise<unknown>; until: number }
class ToastStore extends Store {
	list: Toast[] = [];
}
export const toasts = new ToastStore();
let toastId = 0;
export const UNDO_MS = 30_000;
export function say(text: string, options: { bad?: boolean; undo?: () => Promise<unknown> } = {}) {
	const ms = options.undo ? UNDO_MS : options.bad ? 10_000 : 5_000;
	const toast: Toast = { id: ++toastId, text, bad: options.bad ?? false, undo: options.undo, until: Date.now() + ms };
	toasts.list = [...toasts.list.slice(-3), toast];
	toasts.changed();
	setTimeout(() => {
		toasts.list = toasts.list.filter((t) => t.id !== toast.id);
		toasts.changed();
	}, ms);
}
export const complain = (error: unknown) => say(error instanceof Error ? error.message : String(error), { bad: true });
export function takeBack() {
	const last = toasts.list.findLast((t) => t.undo);
	if (!last) {
		say("There is nothing to take back");
		return;
	}
	toasts.list = toasts.list.filter((t) => t !== last);
	toasts.changed();
	last.undo!().then(() => say("Taken back"), complain);
}
export function Toasts() {
	useStore(toasts);
	return <div class="toasts">
		<div role="status" aria-live="polite">
			{toasts.list.filter((t) => !t.bad).map((t) => <div class="toast" key={t.id}>{t.text}
				{t.undo && <button type="button" class="plain" onClick={takeBack}>Take back <Kbd keys="z" /></button>}</div>)}
		</div>
		<div role="alert">{toasts.list.filter((t) => t.bad).map((t) => <div class="toast bad" key={t.id}>{t.text}</div>)}</div>
	</div>;
}

/* ---- asking before doing ---- */

/* `suggest`: what it may be, each with what that is; anything else may be written too. `time`: in the viewer's zone. */
interface Field { name: string; label: string; value?: string; area?: boolean; need?: boolean; hint?: string; options?: string[]; suggest?: Map<string, string>; secret?: boolean; time?: boolean }
interface Question {
	title: string; text?: ComponentChildren; fields?: Field[]; yes: string; danger?: boolean;
	run: (values: Record<string, string>) => Promise<unknown>;
	left?: () => void;
}
class Questions extends Store {
	open: Question | null = null;
	beneath: Question | null = null;
}
export const questions = new Questions();
export function question(q: Question) {
	questions.beneath = questions.open;
	questions.open = q;
	questions.changed();
}

/* Who comes next answers nothing that this one was asked, and takes nothing back. */
export function forget() {
	questions.open = questions.beneath = null;
	toasts.list = [];
	questions.changed();
	toasts.changed();
}

export function Dialog({ title, close, children, wide }: { title: string; close: () => void; children: ComponentChildren; wide?: boolean }) {
	const ref = useRef<HTMLDialogElement>(null);
	useLayoutEffect(() => {
		const before = document.activeElement;
		const dialog = ref.current!;
		dialog.showModal();
		return () => {
			dialog.close();
			if (before instanceof HTMLElement && before.isConnected) before.focus();
		};
	}, []);
	return <dialog ref={ref} class={cx(wide && "wide")} aria-label={title} onCancel={(e) => { e.preventDefault(); close(); }}
		onClick={(e) => { if (e.target === ref.current) close(); }}>
		<div class="sheet">{children}</div>
	</dialog>;
}

export function QuestionDialog() {
	useStore(questions);
	const q = questions.open;
	/* The one before stays beneath: what was written in it is not lost. */
	return <>{questions.beneath && <Ask key={questions.beneath.title} q={questions.beneath} />}{q && <Ask key={q.title} q={q} />}</>;
}

function Ask({ q }: { q: Question }) {
	const [busy, setBusy] = useState(false);
	const [error, setError] = useState("");
	const close = () => {
		if (questions.open === q) {
			questions.open = questions.beneath;
			questions.beneath = null;
		} else if (questions.beneath === q) {
			questions.beneath = null;
		}
		questions.changed();
	};
	const leave = () => { close(); q.left?.(); };
	async function submit(event: Event) {
		event.preventDefault();
		const form = new FormData(event.target as HTMLFormElement);
		const values: Record<string, string> = {};
		for (const f of q.fields ?? []) {
			const text = String(form.get(f.name) ?? "").trim();
			if (text) values[f.name] = f.time ? new Date(text).toISOString().slice(0, 19) + "Z" : text;
		}
		setBusy(true);
		setError("");
		try {
			await q.run(values);
			close();
		} catch (e) {
			setError(e instanceof Error ? e.message : String(e));
			setBusy(false);
		}
	}
	return <Dialog title={q.title} close={leave}>
		<form onSubmit={submit} onKeyDown={(e) => { if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) { e.preventDefault(); e.currentTarget.requestSubmit(); } }}>
			<h2>{q.title}</h2>
			{q.text && <div class="muted">{q.text}</div>}
			{q.fields?.map((f, i) => <label key={f.name}><span>{f.label}{f.need ? "" : <i> optional</i>}</span>
				{f.area ? <textarea name={f.name} required={f.need} rows={3} autofocus={i === 0} defaultValue={f.value} />
					: f.options ? <select name={f.name} autofocus={i === 0} defaultValue={f.value}>{f.options.map((o) => <option key={o}>{o}</option>)}</select>
					: <input name={f.name} type={(f.secret ? "password" : f.time ? "datetime-local" : "text") as "text"} required={f.need} autofocus={i === 0} defaultValue={f.value} autocomplete="off" list={f.suggest && `suggest-${f.name}`} />}
				{f.suggest && <datalist id={`suggest-${f.name}`}>{[...f.suggest].map(([value, what]) => <option key={value} value={value}>{what}</option>)}</datalist>}
				{f.hint && <small>{f.hint}</small>}</label>)}
			{error && <p class="wrong" role="alert">{error}</p>}
			<div class="buttons">
				<button type="button" onClick={leave}>Leave it</button>
				<button type="submit" class={q.danger ? "danger" : "primary"} disabled={busy} autofocus={!q.fields?.length}>{busy ? "…" : q.yes}</button>
			</div>
		</form>
	</Dialog>;
}

/* ---- long lists: only what is in view is in the document ---- */

/* `near`: the end of what is here is nearly in view. */
export function LongList<T>({ items, rowPx, keyOf, row, label, near }:
	{ items: T[]; rowPx: number; keyOf: (item: T) => string | number; row: (item: T) => JSX.Element; label: string; near?: () => void }) {
	const ref = useRef<HTMLUListElement>(null);
	const [view, set] = useState({ from: 0, to: 40 });
	const latest = useRef({ n: 0, near, soon: () => {} });
	latest.current.n = items.length;
	latest.current.near = near;
	useLayoutEffect(() => {
		const scroller = document.querySelector("main")!;
		let asked = 0;
		const look = () => {
			asked = 0;
			const list = ref.current;
			if (!list) return;
			const top = list.getBoundingClientRect().top - scroller.getBoundingClientRect().top;
			const from = Math.max(0, Math.floor(-top / rowPx) - 12);
			const to = Math.ceil((scroller.clientHeight - top) / rowPx) + 12;
			if (to >= latest.current.n) latest.current.near?.();
			set((v) => (Math.abs(v.from - from) < 6 && Math.abs(v.to - to) < 6 ? v : { from, to }));
		};
		/* In the frame to come, which lays out anyway. */
		const soon = latest.current.soon = () => { asked ||= requestAnimationFrame(look); };
		soon();
		scroller.addEventListener("scroll", soon, { passive: true });
		addEventListener("resize", soon);
		return () => {
			cancelAnimationFrame(asked);
			scroller.removeEventListener("scroll", soon);
			removeEventListener("resize", soon);
		};
	}, [rowPx]);
	useLayoutEffect(() => latest.current.soon(), [items.length]);
	const from = Math.min(view.from, Math.max(0, items.length - 1));
	const shown = items.slice(from, view.to);
	return <ul ref={ref} class="long" aria-label={label} style={{ height: `${items.length * rowPx}px` }}>
		{shown.map((item, i) => <li key={keyOf(item)} aria-setsize={items.length} aria-posinset={from + i + 1}
			style={{ height: `${rowPx}px`, transform: `translateY(${(from + i) * rowPx}px)` }}>{row(item)}</li>)}
	</ul>;
}
