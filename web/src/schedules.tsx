/* Who has duty, when: every rotation, twelve weeks; gaps in red, changes of the clock marked. */
import { useState } from "preact/hooks";
import { act, get, type List } from "./api";
import { Feeds, subscribe, useFeeds } from "./feeds";
import { isForIt, isMine, me, same, spoken, swap, type Shift } from "./swap";
import { mayDo } from "./roles";
import { setQuery, useAddress } from "./router";
import { seconds, useStore } from "./store";
import { clockChanges, type Change } from "./clocks";
import { MIN, inFull, now, zone } from "./time";
import { At, Deed, Empty, Failed, Loading, LooksOnly, complain, cx, plural, question, say, useFetched } from "./ui";

interface Override { back_from_wall?: string; back_until_wall?: string; id: number; team: string; rotation?: string; person?: string; instead?: string; kind?: string; state?: string; by?: string; why?: string; asked?: string[]; from_wall?: string; until_wall?: string; to_wall?: string }

/* One in its row. Mine is picked by a click, by Enter or by dragging it onto whose turn it shall be
 * for; what it may be given for takes it alike. Others are only shown, and one that goes on where the page ends. */
function Bar({ s, off, whole, style, colour, picked, pick, give }: { s: Shift; off: boolean; whole: boolean; style: Record<string, string>; colour: string; picked: Shift | null; pick: (s: Shift | null) => void; give: (take: Shift) => void }) {
	const title = `${s.person || (off ? "nobody here, others of the team have it" : "nobody")}\n${inFull(s.from_wall)}\nuntil ${inFull(s.until_wall)}`;
	/* Where there is no room for a name, its first letter is not cut; where there is none for that, it is left out. */
	const narrow = parseFloat(style["width"] ?? "") < (innerWidth < 640 ? 9 : 3), label = <span>{narrow ? s.person.charAt(0) : s.person}</span>;
	const takes = whole && isForIt(picked, s), name = cx("shift", colour, narrow && "narrow", s.gap && (off ? "off" : "gap-here"), takes && "takes");
	const drop = { onDragOver: (e: DragEvent) => { if (takes) e.preventDefault(); }, onDrop: (e: DragEvent) => { e.preventDefault(); if (takes) give(s); } };
	if (whole && mayDo() && isMine(s)) {
		/* Later: a browser ends a drag whose element is drawn anew while it begins. */
		return <button type="button" class={name} title={title} style={style} draggable aria-pressed={same(picked, s)} aria-label={`${spoken(s)}: swap`} onClick={() => pick(same(picked, s) ? null : s)}
			onDragStart={(e) => { e.dataTransfer?.setData("text/plain", spoken(s)); setTimeout(() => pick(s), 0); }} onDragEnd={() => setTimeout(() => pick(null), 0)}>{label}</button>;
	}
	return takes ? <button type="button" class={name} title={title} style={style} aria-label={`${spoken(s)}: take this for it`} onClick={() => give(s)} {...drop}>{label}</button>
		: <span class={name} title={title} style={style} {...drop}>{off ? "" : s.gap ? (narrow ? "" : <span>nobody</span>) : label}</span>;
}

/* A rotation that has nobody is a gap where the whole team has nobody; outside of its hours
 * others have it. Of one rotation, the shifts in which that is so. */
function coveredGaps(shifts: Shift[]) {
	const out = new Set<Shift>();
	for (const g of shifts.filter((s) => s.gap)) {
		let at = Date.parse(g.from_wall);
		const end = Date.parse(g.until_wall);
		const others = shifts.filter((s) => !s.gap && s.team === g.team && Date.parse(s.until_wall) > at && Date.parse(s.from_wall) < end).sort((a, b) => Date.parse(a.from_wall) - Date.parse(b.from_wall));
		for (const s of others) if (Date.parse(s.from_wall) <= at) at = Math.max(at, Date.parse(s.until_wall));
		if (at >= end) out.add(g);
	}
	return out;
}

const asIso = (ms: number) => new Date(ms).toISOString().slice(0, 19) + "Z";
/* Midnight of the viewer, so many days on: a day is not always 24 hours. */
const midnight = (days: number) => { const d = new Date(now()); return new Date(d.getFullYear(), d.getMonth(), d.getDate() + days).getTime(); };

function changeSaid(c: Change) {
	const minutes = Math.abs(c.by) / MIN;
	return `clocks in ${c.zones.join(" and ")} go ${minutes % 60 ? `${minutes} min` : `${minutes / 60} h`} ${c.by > 0 ? "forward" : "back"}`;
}
/* In words too: a line is thin, and on a phone nothing hovers. */
function Changes({ of }: { of: Change[] }) {
	return <>{of.map((c) => <p class="muted clock-change" key={c.at}><At at={asIso(c.at)} />: {changeSaid(c)}.</p>)}</>;
}

/* Hours of duty in that time, the most first. */
function Load({ shifts, from, to }: { shifts: Shift[]; from: number; to: number }) {
	const hours = new Map<string, number>();
	for (const s of shifts) {
		const ms = Math.min(to, Date.parse(s.until_wall)) - Math.max(from, Date.parse(s.from_wall));
		if (ms > 0) hours.set(s.gap ? "" : s.person, (hours.get(s.gap ? "" : s.person) ?? 0) + ms / 3_600_000);
	}
	return <p class="muted load">{[...hours].sort((a, b) => b[1] - a[1]).map(([who, h]) => <span key={who} class={cx(!who && "bad-text")}>{who || "nobody"} <b>{h < 10 ? h.toFixed(1) : Math.round(h).toLocaleString()} h</b></span>)}</p>;
}

/* From when until when, in the viewer's zone; then what came of it is shown, and may be taken back. */
const span = () => [{ name: "from", label: "From", time: true, hint: `empty: now; times in ${zone()}` }, { name: "to", label: "Until", need: true, time: true }, { name: "why", label: "Why", area: true }];
function standIn(team: string, people: string[], changed: () => void) {
	question({ title: `Somebody else for ${team}`, yes: "Set", fields: [{ name: "person", label: "Who stands in", need: true, suggest: new Map(people.map((p) => [p, team])) }, ...span()],
		run: (v) => overridden("/v1/overrides", { team, ...v }, `${v["person"]} stands in`, changed) });
}
function cover(team: string, changed: () => void) {
	question({ title: `Who takes your turns of ${team}?`, yes: "Ask the others", text: "The others of the team are asked; the first yes has them. Until then they stay yours.", fields: span(),
		run: (v) => overridden("/v1/overrides/cover", { team, ...v }, "The others are asked", changed) });
}
async function overridden(path: string, body: Record<string, string>, text: string, changed: () => void) {
	const { override } = await act<{ override?: { id: number } }>(path, body);
	say(text, override ? { undo: () => act(`/v1/overrides/${override.id}`, {}, "DELETE").then(changed) } : {});
	changed();
}

function StandsIn({ o }: { o: Override }) {
	const from = o.from_wall && <At at={o.from_wall} />, until = o.until_wall && <At at={o.until_wall} />;
	const time = from && until ? <>{from} until {until}</> : null;
	if (o.state === "asked") return <><b>{o.instead || "somebody"}</b> asks {o.asked?.length ? <b>{o.asked.join(", ")}</b> : "whoever can"} to take {time}{o.back_from_wall && o.back_until_wall && <>, for <At at={o.back_from_wall} /> until <At at={o.back_until_wall} /></>}</>;
	return <><b>{o.person || "somebody"}</b>{o.instead && ` for ${o.instead}`} {time}</>;
}

export function Schedules() {
	useStore(seconds);
	const { query } = useAddress();
	const usual = innerWidth < 640 ? 2 : 4, weeks = [2, 4, 12].find((w) => String(w) === query.get("weeks")) ?? usual;
	const from = midnight(0), to = midnight(weeks * 7), dates = weeks === 2 ? 2 : 4; /* each at a midnight */
	const read = useFetched(async () => (await get<List<Shift>>(`/v1/on-call/shifts?from=${asIso(from)}&to=${asIso(to)}`)).items, [weeks, from]);
	const overrides = useFetched(async () => (await get<List<Override>>("/v1/overrides")).items, []);
	const feeds = useFeeds();
	const [picked, pick] = useState<Shift | null>(null);
	const changed = () => { overrides.again(); read.again(); };
	const give = (take: Shift) => { if (picked) swap(picked, take, changed); pick(null); };
	const x = (ms: number) => Math.max(0, Math.min(100, ((ms - from) / (to - from)) * 100));
	if (read.error) return <Failed error={read.error} again={read.again} />;
	if (!read.value) return <Loading what="Schedules" />;
	const rotations = Map.groupBy(read.value, (s) => `${s.team}\n${s.rotation}`);
	const teams = Map.groupBy(rotations.keys(), (k) => k.split("\n")[0]!);
	const off = coveredGaps(read.value), gaps = read.value.filter((s) => s.gap && !off.has(s));
	return <div class="page"><div class="page-head"><h1>Schedules</h1><span class="muted">times in {zone()}</span>{gaps.length > 0 && <span class="chip bad">{plural(gaps.length, "gap")}</span>}</div>
		<div class="tabs" role="group" aria-label="How far">{[2, 4, 12].map((w) => <button type="button" key={w} aria-pressed={weeks === w} onClick={() => setQuery({ weeks: w === usual ? "" : String(w) })}>{w} weeks</button>)}</div>
		{rotations.size === 0 ? <Empty title="No rotation is written down" /> : [...teams].map(([team, keys]) => {
			const people = [...new Set(read.value!.filter((s) => s.team === team && s.person).map((s) => s.person))];
			const changes = clockChanges([zone(), ...read.value!.filter((s) => s.team === team).map((s) => s.zone)], from, to);
			return <section key={team} onKeyDown={(e) => { if (e.key === "Escape" && picked) { e.preventDefault(); pick(null); } }}><div class="section-head team"><h2>{team}</h2>{people.includes(me()) && <Deed onClick={() => cover(team, changed)}>Cover me</Deed>}<Deed onClick={() => standIn(team, people, changed)}>Stand in</Deed><button type="button" onClick={() => subscribe(team, keys.map((k) => k.split("\n")[1]!), people, feeds.again)}>Subscribe</button></div>
				<div class="shift-grid">{keys.map((key) => <div class="shift-row" key={key}><b>{key.split("\n")[1]}</b><div>
					{rotations.get(key)!.map((s) => <Bar key={s.from_wall} s={s} off={off.has(s)} whole={Date.parse(s.until_wall) < to} colour={`c${people.indexOf(s.person) % 3}`} picked={picked} pick={pick} give={give}
						style={{ left: `${x(Date.parse(s.from_wall))}%`, width: `${Math.max(0.3, x(Date.parse(s.until_wall)) - x(Date.parse(s.from_wall)))}%` }} />)}
					<i class="now-line" style={{ left: `${x(now())}%` }} />{changes.map((c) => <i key={c.at} class="now-line clock" title={`${changeSaid(c)}\n${inFull(asIso(c.at))}`} style={{ left: `${x(c.at)}%` }} />)}</div></div>)}</div>
				<div class="dates" aria-hidden="true">{Array.from({ length: dates + 1 }, (_, i) => <span key={i}>{new Date(midnight((weeks * 7 * i) / dates)).toLocaleDateString(undefined, { day: "numeric", month: "short" })}</span>)}</div>
				<Changes of={changes} />
				{picked?.team === team ? <p class="muted picked" role="status">Yours: {spoken(picked)}. Choose whose turn you take for it. <button type="button" class="plain" onClick={() => pick(null)}>Leave it</button></p>
					: mayDo() && me() && people.includes(me()) && <p class="muted picked">Drag a turn of yours onto another's to swap them; by keyboard, Enter on each.</p>}
				<Load shifts={read.value!.filter((s) => s.team === team && !off.has(s))} from={from} to={to} />
				<details><summary class="muted">As a list</summary><div class="scroll-x"><table><thead><tr><th>Rotation</th><th>Who</th><th>From</th><th>Until</th></tr></thead><tbody>{read.value!.filter((s) => s.team === team).map((s, i) => <tr key={i}><td>{s.rotation}</td><td class={cx(s.gap && (off.has(s) ? "muted" : "bad-text"))}>{s.person || "nobody"}</td><td><At at={s.from_wall} /></td><td><At at={s.until_wall} /></td></tr>)}</tbody></table></div></details></section>;
		})}
		<LooksOnly />
		{(overrides.value?.length ?? 0) > 0 && <section class="panel"><h2>Swaps, and who stands in</h2><ul class="rows">{overrides.value!.map((o) => <li key={o.id}><span class="two"><span><StandsIn o={o} /></span><small class="muted">{o.team}{o.rotation && ` ${o.rotation}`}{o.why && `: ${o.why}`}</small></span><span class="gap" />
			{o.state === "asked" && o.asked?.includes(me()) && <><Deed class="primary" onClick={() => act(`/v1/overrides/${o.id}/accept`).then(() => { say("It is swapped"); changed(); }, complain)}>Accept</Deed><Deed onClick={() => act(`/v1/overrides/${o.id}/decline`).then(() => { say("Declined"); changed(); }, complain)}>Decline</Deed></>}
			<Deed onClick={() => act(`/v1/overrides/${o.id}`, {}, "DELETE").then(() => { say("Ended"); changed(); }, complain)}>End</Deed></li>)}</ul></section>}
		{(feeds.value?.length ?? 0) > 0 && <Feeds feeds={feeds.value!} again={feeds.again} />}</div>;
}
