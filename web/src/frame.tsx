/* What surrounds every page: our own health, the stop, who is on duty; the rail; the palette. */
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { signOut, whoIsHere } from "./api";
import * as todo from "./do";
import { allCommands, commands, useCommands, type Command } from "./keys";
import { live, startAnew } from "./live";
import { mayDo } from "./roles";
import { go, useAddress } from "./router";
import { Store, seconds, usePiece, useStore } from "./store";
import { inFull, now, span, zone } from "./time";
import { Dialog, Icon, Kbd, Loading, QuestionDialog, Toasts, complain, cx, person, say, takeBack, type IconName } from "./ui";
import { pages } from "./pages";
import { sort } from "./board";

/* ---- themes ---- */

const THEMES = ["system", "light", "dark", "contrast"] as const;
type Theme = (typeof THEMES)[number];
class Looks extends Store {
	theme: Theme = "system";
}
const looks = new Looks();
export function setTheme(theme: Theme) {
	looks.theme = theme;
	if (theme === "system") delete document.documentElement.dataset["theme"];
	else document.documentElement.dataset["theme"] = theme;
	try {
		localStorage.setItem("firstline.theme", theme);
	} catch { /* kept for this page alone */ }
	looks.changed();
}
export function startTheme() {
	let kept: string | null = null;
	try {
		kept = localStorage.getItem("firstline.theme");
	} catch { /* none */ }
	setTheme(THEMES.find((t) => t === kept) ?? "system");
}

/* ---- the top bar ---- */

function Health() {
	useStore(live);
	useStore(seconds, () => live.link === "lost" && seconds.version);
	const age = span(Date.now() - live.heard);
	if (live.link === "lost") return <a href="/ourselves" class="chip bad"><span class="dot" />No connection{live.heard ? `, ${age} old` : ""}</a>;
	if (live.link === "connecting" || !live.status) return <span class="chip"><span class="dot" />Connecting</span>;
	const s = live.status;
	if (s.refusing) return <a href="/ourselves" class="chip bad"><span class="dot" />Refusing alerts</a>;
	if (!s.hands_up) return <a href="/ourselves" class="chip bad"><span class="dot" />Hands are down</a>;
	return <a href="/ourselves" class="chip good" title={`Firstline ${s.version}, journal entry ${s.seq}`}><span class="dot" />Live</a>;
}

function OnDuty() {
	useStore(live);
	const people = [...new Set(live.duty.filter((d) => d.person).map((d) => d.person))];
	if (!live.loaded) return null;
	if (people.length === 0) return <a href="/schedules" class="duty none">Nobody is on duty</a>;
	return <a href="/schedules" class="duty" title={live.duty.map((d) => `${d.team} ${d.rotation}: ${d.person || "nobody"}`).join("\n")}>
		<span class="muted">On duty</span> {people.slice(0, 3).join(", ")}{people.length > 3 && ` and ${people.length - 3} more`}</a>;
}

function TopBar() {
	useStore(live, () => live.status?.stopped && live.status.stopped_by);
	const stopped = live.status?.stopped, by = person(live.status?.stopped_by ?? "somebody"), why = live.status?.stopped_why;
	return <header class="top">
		<a class="brand" href="/" aria-label="Firstline: the duty board"><svg viewBox="0 0 32 32" aria-hidden="true"><path d="M9 25V7h15v4.200H13.800v3.600h8.600V19h-8.600v6z" /><circle cx="23.500" cy="23.500" r="3" /></svg><span>Firstline</span></a>
		<Health />
		{stopped && (mayDo() ? <button type="button" class="chip bad stopped" onClick={todo.resume} title={why}>All is stopped by {by}: resume</button>
			: <span class="chip bad stopped" title={why}>All is stopped by {by}</span>)}
		<span class="gap" />
		<OnDuty />
		<button type="button" class="find" onClick={openPalette}><Icon name="search" /><span>Search or do</span><Kbd keys="Ctrl-K" /></button>
		<button type="button" class="plain iconic" aria-label="Keys and help" title="Keys and help (?)" onClick={() => { help.open = true; help.changed(); }}><Icon name="help" /></button>
		<ThemeButton />
	</header>;
}

function ThemeButton() {
	useStore(looks);
	const next = THEMES[(THEMES.indexOf(looks.theme) + 1) % THEMES.length]!;
	return <button type="button" class="plain iconic" aria-label={`Theme: ${looks.theme}. Switch to ${next}`} title={`Theme: ${looks.theme}`}
		onClick={() => { setTheme(next); say(`Theme: ${next}`); }}><Icon name="theme" /></button>;
}

/* ---- the rail ---- */

const leave = () => void signOut().then(startAnew, complain);

function Rail() {
	const { path } = useAddress();
	useStore(live);
	const [more, setMore] = useState(false);
	const counts: Record<string, number> = {
		"/": sort(live.incidents.values(), live.asked.values()).lanes.person.filter((i) => !i.acknowledged).length,
	};
	useEffect(() => setMore(false), [path]);
	return <nav class={cx("rail", more && "open")} aria-label="Pages">
		<ul>
			{pages.map((p, i) => {
				const here = p.path === "/" ? path === "/" : path === p.path || path.startsWith(`${p.path}/`);
				return <li key={p.path} class={cx(i > 3 && "late")}><a href={p.path} aria-current={here ? "page" : undefined} title={`${p.name} (g ${p.key})`}>
					<Icon name={p.icon as IconName} /><span>{p.name}</span>{counts[p.path] ? <b class="count" aria-label={`${counts[p.path]} need a person`}>{counts[p.path]}</b> : null}</a></li>;
			})}
			{pages.length > 4 && <li class="morer"><button type="button" class="plain" aria-expanded={more} onClick={() => setMore(!more)}><Icon name="more" /><span>More</span></button></li>}
		</ul>
		<div class="me"><span title={`Role: ${whoIsHere()?.role ?? "none"}`}>{person(whoIsHere()?.principal ?? "")}</span>
			<button type="button" class="plain" onClick={leave}>Sign out</button></div>
	</nav>;
}

/* ---- a lost connection ---- */

function LostBanner() {
	useStore(live);
	useStore(seconds, () => live.link === "lost" && seconds.version);
	if (live.link !== "lost") return null;
	return <div class="lost"><span class="dot" /><b>No connection.</b> {live.heard ? `What you see is ${span(Date.now() - live.heard)} old; ` : ""}{live.why}. It is asked again by itself.</div>;
}
function LinkStatus() {
	useStore(live, () => live.link);
	return <div class="visually-hidden" role="status" aria-live="polite">{live.link === "lost" ? "Connection lost" : live.link === "live" ? "Connected" : ""}</div>;
}

/* ---- palette and help ---- */

class Flag extends Store {
	open = false;
}
const palette = new Flag(), help = new Flag();
export function openPalette() {
	palette.open = true;
	palette.changed();
}

function Palette() {
	useStore(palette);
	return palette.open ? <PaletteOpen /> : null;
}

function matches(words: string, text: string) {
	const hay = text.toLowerCase();
	return words.toLowerCase().split(/\s+/).every((w) => hay.includes(w));
}

function PaletteOpen() {
	useStore(commands);
	const [text, setText] = useState("");
	const [at, setAt] = useState(0);
	const list = useRef<HTMLUListElement>(null);
	const close = () => { palette.open = false; palette.changed(); };
	const found = useMemo(() => {
		const words = text.trim();
		const items: Command[] = allCommands().filter((c) => !c.quiet && !c.barred && c.id !== "palette" && matches(words, `${c.label} ${c.group} ${c.words ?? ""}`));
		const number = /^#?(\d{1,9})$/.exec(words)?.[1];
		if (number) items.unshift({ id: `i${number}`, label: `Incident ${number}`, group: "Open", run: () => go(`/incidents/${number}`) });
		if (words.length > 1) {
			for (const i of live.incidents.values()) {
				if (items.length > 40) break;
				if (matches(words, `${i.id} ${i.title} ${i.service}`)) items.push({ id: `i${i.id}`, label: `${i.id}  ${i.title}`, group: i.service || "Incident", run: () => go(`/incidents/${i.id}`) });
			}
		}
		return items.slice(0, 40);
	}, [text, commands.version]);
	const chosen = Math.min(at, found.length - 1);
	function key(event: KeyboardEvent) {
		if (event.key === "ArrowDown" || event.key === "ArrowUp") {
			event.preventDefault();
			setAt((chosen + (event.key === "ArrowDown" ? 1 : found.length - 1)) % Math.max(1, found.length));
		} else if (event.key === "Enter" && found[chosen]) {
			event.preventDefault();
			const command = found[chosen]!;
			close();
			setTimeout(() => command.run());
		}
	}
	useEffect(() => list.current?.children[chosen]?.scrollIntoView({ block: "nearest" }), [chosen]);
	return <Dialog title="Search or do" close={close}>
		<input class="palette-text" autofocus placeholder="A page, an incident, an action …" aria-label="Search or do" role="combobox" aria-expanded="true"
			aria-controls="palette-list" aria-activedescendant={found[chosen] ? `palette-${chosen}` : undefined} value={text}
			onInput={(e) => { setText(e.currentTarget.value); setAt(0); }} onKeyDown={key} />
		<ul class="palette" id="palette-list" role="listbox" aria-label="Found" ref={list}>
			{found.map((c, i) => <li id={`palette-${i}`} key={c.id} role="option" aria-selected={i === chosen} onMouseMove={() => setAt(i)} onClick={() => { close(); setTimeout(() => c.run()); }}>
				<span>{c.label}</span><span class="muted">{c.group}</span>{c.keys && <Kbd keys={c.keys} />}</li>)}
		</ul>
		{found.length === 0 && <p class="muted none">Nothing is called that.</p>}
	</Dialog>;
}

function Help() {
	useStore(help);
	useStore(commands);
	if (!help.open) return null;
	const groups = Map.groupBy(allCommands().filter((c) => c.keys && !c.barred), (c) => c.group);
	return <Dialog title="Keys" wide close={() => { help.open = false; help.changed(); }}>
		<h2>Keys</h2>
		<div class="help">{[...groups].map(([name, list]) => <section key={name}><h3>{name}</h3><dl>
			{list.map((c) => <div key={c.id}><dt><Kbd keys={c.keys!} /><span class="visually-hidden">{c.keys}</span></dt><dd>{c.label}</dd></div>)}</dl></section>)}</div>
		<div class="buttons"><button type="button" autofocus onClick={() => { help.open = false; help.changed(); }}>Close</button></div>
	</Dialog>;
}

/* ---- on paper ---- */

/* When and where it was so, and in which zone: written as it is printed. */
function Printed() {
	const ref = useRef<HTMLParagraphElement>(null);
	useEffect(() => {
		const write = () => { ref.current!.textContent = `${inFull(new Date(now()).toISOString()).replace("\n", ", ")}; times in ${zone()}; ${location.href}`; };
		addEventListener("beforeprint", write);
		return () => removeEventListener("beforeprint", write);
	}, []);
	return <p ref={ref} class="printed muted" />;
}

/* ---- all of it ---- */

export function Frame({ children }: { children: ComponentChildren }) {
	useStore(live, () => `${live.link === "lost"} ${live.status?.stopped}`);
	useCommands([
		{ id: "palette", label: "Search or do", group: "Everywhere", keys: "Ctrl-K", run: openPalette },
		{ id: "search", label: "Search", group: "Everywhere", keys: "/", run: openPalette, quiet: true },
		{ id: "help", label: "Keys", group: "Everywhere", keys: "?", run: () => { help.open = true; help.changed(); } },
		{ id: "undo", label: "Take back what you just did", group: "Everywhere", keys: "z", run: takeBack },
		...pages.map((p) => ({ id: `go ${p.path}`, label: p.name, group: "Go to", keys: `g ${p.key}`, run: () => go(p.path) })),
		...THEMES.map((t) => ({ id: `theme ${t}`, label: `Theme: ${t}`, group: "Looks", run: () => setTheme(t) })),
		{ id: "leave", label: "Sign out", group: "You", run: leave },
		live.status?.stopped ? { id: "resume", label: "Resume after stop-all", group: "Production", deed: true, run: todo.resume }
			: { id: "stop", label: "Stop everything", group: "Production", words: "stop-all halt", deed: true, run: todo.stopAll },
	], [live.status?.stopped]);
	const piece = usePiece(3);
	return <>
		<a class="skip" href="#main" onClick={(e) => { e.preventDefault(); document.querySelector("main")?.focus(); }}>To the page</a>
		<TopBar />
		{piece > 0 ? <Rail /> : <nav class="rail" aria-label="Pages" />}
		<main id="main" tabIndex={-1} class={cx(live.link === "lost" && "aged")}>{piece > 1 ? <><Printed /><LostBanner />{children}</> : <Loading what="The page" />}</main>
		{piece > 2 && <><LinkStatus /><Toasts /><Palette /><Help /><QuestionDialog /></>}
	</>;
}
