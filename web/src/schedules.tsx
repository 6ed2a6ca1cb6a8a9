/* Who has duty, when: every rotation, twelve weeks; gaps in red, changes of the clock marked. */
import { useState } from "preact/hooks";
import { act, get, type List } from "./api";
import { Feeds, subscribe, useFeeds } from "./feeds";
import { isForIt, isMine, me, same, spoken, swap, type Shift } from "./swap";
import { setQuery, useAddress } from "./router";
import { seconds, useStore } from "./store";
import { DAY, inFull, now, when, zone } from "./time";
import { At, Empty, Failed, Loading, complain, cx, plural, question, say, useFetched } from "./ui";

interface Override { back_from_wall?: string; back_until_wall?: string; id: number; team: string; rotation?: string; person?: string; instead?: string; kind?: string; state?: string; by?: string; why?: string; asked?: string[]; from_wall?: string; until_wall?: string; to_wall?: string }

/* One in its row. Mine is picked by a click, by Enter or by dragging it onto whose turn it shall be
 * for; what it may be given for takes it alike. Others are only shown, and one that goes on where the page ends. */
function Bar({ s, off, whole, style, colour, picked, pick, give }: { s: Shift; off: boolean; whole: boolean; style: Record<string, string>; colour: string; picked: Shift | null; pick: (s: Shift | null) => void; give: (take: Shift) => void }) {
	const title = `${s.person || (off ? "nobody here, others of the team have it" : "nobody")}\n${inFull(s.from_wall)}\nuntil ${inFull(s.until_wall)}`;
	const takes = whole && isForIt(picked, s), name = cx("shift", colour, s.gap && (off ? "off" : "gap-here"), takes && "takes");
	const drop = { onDragOver: (e: DragEvent) => { if (takes) e.preventDefault(); }, onDrop: (e: DragEvent) => { e.preventDefault(); if (takes) give(s); } };
	if (whole && isMine(s)) {
		/* Later: a browser ends a drag whose element is drawn anew while it begins. */
		return <button type="button" class={name} title={title} style={style} draggable aria-pressed={same(picked, s)} aria-label={`${spoken(s)}: swap`} onClick={() => pick(same(picked, s) ? null : s)}
			onDragStart={(e) => { e.dataTransfer?.setData("text/plain", spoken(s)); setTimeout(() => pick(s), 0); }} onDragEnd={() => setTimeout(() => pick(null), 0)}>{s.person}</button>;
	}
	return takes ? <button type="button" class={name} title={title} style={style} aria-label={`${spoken(s)}: take this for it`} onClick={() => give(s)} {...drop}>{s.person}</button>
		: <span class={name} title={title} style={style} {...drop}>{off ? "" : s.gap ? "nobody" : s.person}</span>;
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

/* When the viewer's clock changes within that time. */
function clockChanges(from: number, to: number) {
	const out: number[] = [];
	let before = new Date(from).getTimezoneOffset();
	for (let t = from; t < to; t += DAY) {
		const offset = new Date(t).getTimezoneOffset();
		if (offset !== before) out.push(t);
		before = offset;
	}
	return out;
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

function cover(team: string) {
	question({ title: `Somebody else for ${team}`, yes: "Set", fields: [{ name: "person", label: "Who stands in", need: true }, { name: "to", label: "Until (UTC)", need: true, hint: "as 2026-12-01T09:00:00Z" }, { name: "from", label: "From (UTC)", hint: "empty: now" }, { name: "why", label: "Why", area: true }],
		run: (v) => act<{ override?: { id: number } }>("/v1/overrides", { team, ...v }).then((a) => say(`${v["person"]} stands in`, a.override ? { undo: () => act(`/v1/overrides/${a.override!.id}`, {}, "DELETE") } : {})) });
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
	const from = Math.floor(now() / DAY) * DAY;
	const to = from + weeks * 7 * DAY;
	const read = useFetched(async () => (await get<List<Shift>>(`/v1/on-call/shifts?from=${new Date(from).toISOString().slice(0, 19)}Z&to=${new Date(to).toISOString().slice(0, 19)}Z`)).items, [weeks, from]);
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
	const changes = clockChanges(from, to);
	return <div class="page"><div class="page-head"><h1>Schedules</h1><span class="muted">times in {zone()}</span>{gaps.length > 0 && <span class="chip bad">{plural(gaps.length, "gap")}</span>}</div>
		<div class="tabs" role="group" aria-label="How far">{[2, 4, 12].map((w) => <button type="button" key={w} aria-pressed={weeks === w} onClick={() => setQuery({ weeks: w === usual ? "" : String(w) })}>{w} weeks</button>)}</div>
		{rotations.size === 0 ? <Empty title="No rotation is written down" /> : [...teams].map(([team, keys]) => {
			const people = [...new Set(read.value!.filter((s) => s.team === team && s.person).map((s) => s.person))];
			return <section key={team} onKeyDown={(e) => { if (e.key === "Escape" && picked) { e.preventDefault(); pick(null); } }}><div class="section-head"><h2>{team}</h2><button type="button" onClick={() => cover(team)}>Stand in</button><button type="button" onClick={() => subscribe(team, keys.map((k) => k.split("\n")[1]!), people, feeds.again)}>Subscribe</button></div>
				<div class="shift-grid">{keys.map((key) => <div class="shift-row" key={key}><b>{key.split("\n")[1]}</b><div>
					{rotations.get(key)!.map((s) => <Bar key={s.from_wall} s={s} off={off.has(s)} whole={Date.parse(s.until_wall) < to} colour={`c${people.indexOf(s.person) % 3}`} picked={picked} pick={pick} give={give}
						style={{ left: `${x(Date.parse(s.from_wall))}%`, width: `${Math.max(0.3, x(Date.parse(s.until_wall)) - x(Date.parse(s.from_wall)))}%` }} />)}
					<i class="now-line" style={{ left: `${x(now())}%` }} />{changes.map((c) => <i key={c} class="now-line clock" title={`the clock changes: ${when(new Date(c).toISOString())}`} style={{ left: `${x(c)}%` }} />)}</div></div>)}</div>
				<div class="dates" aria-hidden="true">{Array.from({ length: 5 }, (_, i) => <span key={i}>{new Date(from + ((to - from) * i) / 4).toLocaleDateString(undefined, { day: "numeric", month: "short" })}</span>)}</div>
				{picked?.team === team ? <p class="muted picked" role="status">Yours: {spoken(picked)}. Choose whose turn you take for it. <button type="button" class="plain" onClick={() => pick(null)}>Leave it</button></p>
					: me() && people.includes(me()) && <p class="muted picked">Drag a turn of yours onto another's to swap them; by keyboard, Enter on each.</p>}
				<Load shifts={read.value!.filter((s) => s.team === team && !off.has(s))} from={from} to={to} />
				<details><summary class="muted">As a list</summary><div class="scroll-x"><table><thead><tr><th>Rotation</th><th>Who</th><th>From</th><th>Until</th></tr></thead><tbody>{read.value!.filter((s) => s.team === team).map((s, i) => <tr key={i}><td>{s.rotation}</td><td class={cx(s.gap && (off.has(s) ? "muted" : "bad-text"))}>{s.person || "nobody"}</td><td><At at={s.from_wall} /></td><td><At at={s.until_wall} /></td></tr>)}</tbody></table></div></details></section>;
		})}
		{(overrides.value?.length ?? 0) > 0 && <section class="panel"><h2>Swaps, and who stands in</h2><ul class="rows">{overrides.value!.map((o) => <li key={o.id}><span class="two"><span><StandsIn o={o} /></span><small class="muted">{o.team}{o.rotation && ` ${o.rotation}`}{o.why && `: ${o.why}`}</small></span><span class="gap" />
			{o.state === "asked" && o.asked?.includes(me()) && <><button type="button" class="primary" onClick={() => act(`/v1/overrides/${o.id}/accept`).then(() => { say("It is swapped"); changed(); }, complain)}>Accept</button><button type="button" onClick={() => act(`/v1/overrides/${o.id}/decline`).then(() => { say("Declined"); changed(); }, complain)}>Decline</button></>}
			<button type="button" onClick={() => act(`/v1/overrides/${o.id}`, {}, "DELETE").then(() => { say("Ended"); changed(); }, complain)}>End</button></li>)}</ul></section>}
		{(feeds.value?.length ?? 0) > 0 && <Feeds feeds={feeds.value!} again={feeds.again} />}</div>;
}
