/*
 * What fires now, in groups of the same trouble, which the server counts: shared labels once,
 * the first few of each. Groups and what is in one come page by page; of what changes only
 * what is shown is read again.
 */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { act, get, type List } from "./api";
import { useItems } from "./board";
import { useCommands } from "./keys";
import { live, onRow } from "./live";
import { Out } from "./markdown";
import { Noise } from "./noise";
import { go, setQuery, useAddress } from "./router";
import { Silences } from "./silences";
import { HOUR, now } from "./time";
import { Ago, Deed, Empty, Failed, Loading, LongList, cx, plural, question, say, useFetched } from "./ui";
import type { AlertmanagerAlert as Alert, ShownGroup as Group } from "./v1";

interface Groups extends List<Group> { groups: number; alerts: number; held: number }
type Labels = Record<string, string>;

const PAGE = 20, PAGE_MAX = 200, FIRST = 3, ALERTS = 200, ALERTS_MAX = 1000;
const SEVS = ["sev1", "sev2", "sev3", "sev4"] as const;
const STATES: Record<string, string> = { active: "active", held: "held", all: "all" };

const matcher = (name: string, value: string) => `${name}=${JSON.stringify(value)}`;
/* "a=b",c=~"d,e": at the commas that stand outside of quotes. */
const matchers = (filter: string) => (filter.match(/[^,"]+(?:"(?:[^"\\]|\\.)*")?/g) ?? []).map((m) => m.trim()).filter(Boolean);
const ofLabels = (labels: Labels) => Object.entries(labels).map(([n, v]) => matcher(n, v));
const keyOf = (g: Group) => JSON.stringify(Object.values(g.labels));
const nameOf = (g: Group) => Object.values(g.labels).filter(Boolean).join(" · ") || `without ${Object.keys(g.labels).join(", ")}`;
const labelsOf = (a: Alert) => a.labels as Labels;
const held = (a: Alert) => (a.status as { state?: string }).state === "suppressed";
const saying = (a: Alert) => a.annotations["summary"] ?? a.annotations["description"] ?? "";

/* ---- what is read, and read again ---- */

interface Paged<T> { items: T[]; cursor: string | null; last: List<T> | null; of: string }

/*
 * The pages of `path` that were asked for so far. What changes is seen by reading the first of
 * them again, at most `most` items, and not before five times as long as that took.
 */
function usePaged<T, L extends List<T>>(path: string, size: number, most: number, key: (item: T) => string) {
	const [now_, set] = useState<Paged<T>>({ items: [], cursor: null, last: null, of: "" });
	const [error, setError] = useState<unknown>(null);
	const shown = useRef(now_), asking = useRef(false);
	shown.current = now_;
	const put = (next: Paged<T>) => { shown.current = next; set(next); setError(null); };
	const read = (n: number, cursor?: string) => get<L>(`${path}${path.includes("?") ? "&" : "?"}limit=${n}${cursor ? `&cursor=${cursor}` : ""}`);
	useEffect(() => {
		let gone = false, timer = 0, free = 0;
		const again = async () => {
			timer = 0;
			if (gone || document.hidden) return;
			const began = performance.now(), was = shown.current.of === path ? shown.current : null;
			const n = Math.min(most, Math.max(size, Math.ceil((was?.items.length ?? 0) / size) * size));
			try {
				const page = await read(n);
				if (gone) return;
				/* Pages behind those stay as they were. */
				const kept = new Set(page.items.map(key)), now_ = shown.current.of === path ? shown.current : null;
				const behind = now_ && now_.items.length > n ? now_.items.slice(n).filter((i) => !kept.has(key(i))) : [];
				put({ items: [...page.items, ...behind], cursor: behind.length ? now_!.cursor : page.cursor, last: page, of: path });
			} catch (e) { if (!gone) setError(e); }
			free = performance.now() + Math.max(500, 5 * (performance.now() - began));
		};
		const soon = () => { timer ||= window.setTimeout(again, Math.max(0, free - performance.now())); };
		void again();
		let seen = "";
		const off = [onRow(soon), live.watch(() => { const s = `${live.status?.alerts_active} ${live.status?.alerts_held} ${live.status?.silences_active}`; if (s !== seen) { seen = s; soon(); } })];
		/* What neither opened an incident nor joined one tells nobody. */
		const now_and_then = setInterval(soon, 15_000);
		document.addEventListener("visibilitychange", soon);
		return () => { gone = true; clearTimeout(timer); clearInterval(now_and_then); off.forEach((f) => f()); document.removeEventListener("visibilitychange", soon); };
	}, [path]);
	const more = async () => {
		const was = shown.current;
		if (asking.current || !was.cursor || was.of !== path) return;
		asking.current = true;
		try {
			const page = await read(size, was.cursor);
			if (shown.current.of !== path) return;
			const known = new Set(shown.current.items.map(key));
			put({ ...shown.current, items: [...shown.current.items, ...page.items.filter((i) => !known.has(key(i)))], cursor: page.cursor });
		} catch (e) { setError(e); } finally { asking.current = false; }
	};
	return { ...now_, last: now_.last as L | null, error, more, fresh: now_.of === path };
}

/* ---- silencing ---- */

function Preview({ of }: { of: string[] }) {
	const read = useFetched(() => get<Groups>(`/v1/alerts/groups?first=0&limit=5&${new URLSearchParams(of.map((m) => ["filter", m]))}`), []);
	if (read.error) return <p class="wrong">What it would hold could not be counted.</p>;
	if (!read.value) return <p>…</p>;
	const { alerts, held, groups, items } = read.value;
	return <><p>It would hold <b>{plural(alerts, "alert")}</b>{held > 0 && `, ${held.toLocaleString()} of them held already`}; nobody is told of them.</p>
		<p>{items.map((g) => `${nameOf(g)} (${g.alerts.toLocaleString()})`).join(", ")}{groups > items.length && `, and ${plural(groups - items.length, "more")}`}</p></>;
}

function silence(labels: Labels) {
	const given = Object.entries(labels).filter(([, v]) => v);
	if (given.length === 0) return say("These lack the labels they are grouped by: group by others to silence them", { bad: true });
	question({ title: `Silence ${given.map(([n, v]) => matcher(n, v)).join(" ")}`, yes: "Silence", text: <Preview of={given.map(([n, v]) => matcher(n, v))} />,
		fields: [{ name: "hours", label: "Hours", value: "2", need: true }, { name: "comment", label: "Why", need: true, area: true }],
		run: async (v) => {
			const hours = Number(v["hours"]);
			if (!(hours > 0 && hours <= 24 * 30)) throw new Error("hours are a number up to 720");
			const made = await act<{ silenceID?: string; silence?: { id?: string; uuid?: string }; id?: string }>("/v1/silences", { matchers: given.map(([name, value]) => ({ name, value, isRegex: false, isEqual: true })),
				startsAt: new Date(now()).toISOString(), endsAt: new Date(now() + hours * HOUR).toISOString(), createdBy: live.status?.principal ?? "web", comment: v["comment"] });
			const id = made.silence?.uuid ?? made.silence?.id ?? made.silenceID ?? made.id;
			say("Silenced", id ? { undo: () => act(`/v1/silences/${encodeURIComponent(id)}`, {}, "DELETE") } : {});
		} });
}

/* ---- the last 24 hours ---- */

/* An hour each: the worst that was open in it, of the incidents with these values. Of all
 * groups at once, so that a thousand incidents are looked at once. */
function historyOf(by: string[]) {
	const end = now(), begin = end - 24 * HOUR, found = new Map<string, string[]>();
	for (const i of [...live.recent.values(), ...live.incidents.values()]) {
		const key = JSON.stringify(by.map((n) => i.labels?.[n] ?? ""));
		const hours = found.get(key) ?? Array.from({ length: 24 }, () => "");
		found.set(key, hours);
		mark(hours, begin, Date.parse(i.opened_wall), i.closed_wall ? Date.parse(i.closed_wall) : end, i.severity);
	}
	return { begin, end, found };
}
function mark(hours: string[], begin: number, from: number, to: number, as: string) {
	for (let h = Math.max(0, Math.floor((from - begin) / HOUR)); h < 24 && begin + h * HOUR <= to; h++) if (!hours[h] || as < hours[h]!) hours[h] = as;
}

function History({ g, of }: { g: Group; of: ReturnType<typeof historyOf> }) {
	const hours = [...(of.found.get(keyOf(g)) ?? Array.from({ length: 24 }, () => ""))];
	if (g.oldest_wall) mark(hours, of.begin, Date.parse(g.oldest_wall), of.end, SEVS.find((s) => g[s] > 0) ?? "sev4 held");
	const hot = hours.filter(Boolean).length;
	return <div class="history" role="img" aria-label={`Open in ${hot} of the last 24 hours`} title={`Open in ${hot} of the last 24 hours`}>{hours.map((as, h) => <i key={h} class={as && `on ${as}`} />)}</div>;
}

/* ---- groups ---- */

type Pick = (n: string, v: string) => void;

function LabelButtons({ of, pick }: { of: [string, string][]; pick: Pick }) {
	return of.length === 0 ? null : <div class="labels">{of.map(([n, v]) => <button type="button" class="label" key={n} title={`Only ${n}: ${v}`} onClick={() => pick(n, v)}>{n}: {v}</button>)}</div>;
}

function AlertRow({ a, g, pick }: { a: Alert; g: Group; pick: Pick }) {
	return <div class="alert-row"><LabelButtons of={Object.entries(labelsOf(a)).filter(([n]) => g.shared[n] === undefined && g.labels[n] === undefined)} pick={pick} />
		<span class="text muted" title={saying(a)}>{saying(a)}</span><span class="gap" />{held(a) && <span class="chip">held</span>}{a.generatorURL && <Out href={a.generatorURL}>source</Out>}<Ago at={a.startsAt} bare /></div>;
}

function GroupHead({ g, of, link }: { g: Group; of: ReturnType<typeof historyOf>; link?: string }) {
	const sevs = SEVS.filter((s) => g[s] > 0);
	return <div class="line group-head">{sevs.map((s) => <span class={`sev ${s}`} key={s}>{s.toUpperCase()}{sevs.length > 1 && ` ${g[s].toLocaleString()}`}</span>)}
		<h2>{link ? <a data-item class="plain-link" href={link}>{nameOf(g)}</a> : nameOf(g)}</h2>
		<span class="chip">{plural(g.alerts, "alert")}</span>{g.held > 0 && <span class="chip">{g.held === g.alerts ? "all held" : `${g.held.toLocaleString()} held`}</span>}
		<span class="gap" /><History g={g} of={of} />{g.oldest_wall && <span class="muted since"><Ago at={g.oldest_wall} bare /></span>}
		<Deed onClick={() => silence(g.labels)} aria-label={`Silence ${nameOf(g)}`}>Silence</Deed></div>;
}

function GroupView({ g, of, link, pick }: { g: Group; of: ReturnType<typeof historyOf>; link: string; pick: Pick }) {
	const shared = Object.entries(g.shared);
	return <article class="alert-group" data-labels={JSON.stringify(g.labels)}><GroupHead g={g} of={of} link={link} />
		{shared.length > 0 && <LabelButtons of={shared} pick={pick} />}
		{!(g.alerts === 1 && !saying(g.first[0]!) && Object.keys(labelsOf(g.first[0]!)).every((n) => g.shared[n] !== undefined || g.labels[n] !== undefined)) && g.first.map((a) => <AlertRow key={a.fingerprint} a={a} g={g} pick={pick} />)}
		{g.alerts > g.first.length && <a class="all" href={link}>All {g.alerts.toLocaleString()}</a>}</article>;
}

/* All of one group, however many: a line each. */
function OneGroup({ g, of, params, pick }: { g: Group; of: ReturnType<typeof historyOf>; params: URLSearchParams; pick: Pick }) {
	const query = new URLSearchParams(params);
	query.delete("by");
	for (const m of ofLabels(g.labels)) query.append("filter", m);
	const { items, cursor, error, more } = usePaged<Alert, List<Alert>>(`/v1/alerts?${query}`, ALERTS, ALERTS_MAX, (a) => a.fingerprint);
	return <section class="table" aria-label={nameOf(g)} data-labels={JSON.stringify(g.labels)}>
		<div class="alert-group flat"><GroupHead g={g} of={of} />{Object.keys(g.shared).length > 0 && <LabelButtons of={Object.entries(g.shared)} pick={pick} />}</div>
		{error ? <Failed error={error} /> : null}
		<LongList items={items} rowPx={34} keyOf={(a) => a.fingerprint} label="Alerts" near={more} row={(a) => <AlertRow a={a} g={g} pick={pick} />} />
		{cursor && <p class="more muted">{items.length.toLocaleString()} of {g.alerts.toLocaleString()} are here. <button type="button" class="plain" onClick={more}>More</button></p>}</section>;
}

/* ---- the page ---- */

/* The next page, when its place comes into view. */
function More({ n, more }: { n: number; more: () => void }) {
	const ref = useRef<HTMLButtonElement>(null);
	useEffect(() => {
		const seen = new IntersectionObserver((all) => { if (all.some((e) => e.isIntersecting)) more(); }, { rootMargin: "300px" });
		seen.observe(ref.current!);
		return () => seen.disconnect();
	});
	return <p class="more"><button type="button" ref={ref} onClick={more}>{plural(n, "more group")}</button></p>;
}

function GroupBy({ by, names }: { by: string[]; names: string[] }) {
	const put = (next: string[]) => setQuery({ by: next.length === 1 && next[0] === "alertname" ? "" : next.join(",") }, false);
	const others = names.filter((n) => !by.includes(n));
	return <div class="group-by" role="group" aria-label="Group by"><span class="muted">by</span>
		{by.map((n) => <button type="button" key={n} class="label" disabled={by.length === 1} aria-label={`Do not group by ${n}`} onClick={() => put(by.filter((o) => o !== n))}>{n}{by.length > 1 && " ×"}</button>)}
		{by.length < 8 && others.length > 0 && <select aria-label="Group by another label" value="" onChange={(e) => { const n = e.currentTarget.value; if (n) put(e.currentTarget.selectedOptions[0]!.dataset["only"] ? [n] : [...by, n]); e.currentTarget.value = ""; }}>
			<option value="">another label</option><optgroup label="also by">{others.map((n) => <option key={n} value={n}>{n}</option>)}</optgroup><optgroup label="only by">{others.map((n) => <option key={n} value={n} data-only="1">{n}</option>)}</optgroup></select>}</div>;
}

export function Alerts() {
	const { query } = useAddress();
	return query.has("noise") ? <Noise /> : query.has("silences") ? <Silences /> : <Firing />;
}

function Firing() {
	const { query } = useAddress();
	const filter = query.get("filter") ?? "", text = query.get("q") ?? "", state = STATES[query.get("state") ?? ""] ?? "active";
	const by = (query.get("by") ?? "alertname").split(",").filter(Boolean).slice(0, 8);
	if (by.length === 0) by.push("alertname");
	const params = new URLSearchParams({ state });
	if (text) params.set("text", text);
	for (const m of matchers(filter)) params.append("filter", m);
	for (const n of [...new Set(by)]) params.append("by", n);
	const { items, last, cursor, error, more, fresh } = usePaged<Group, Groups>(`/v1/alerts/groups?first=${FIRST}&${params}`, PAGE, PAGE_MAX, keyOf);
	const sorted = [...by].sort((a, b) => (a < b ? -1 : 1));
	const history = useMemo(() => historyOf(sorted), [last, by.join()]);
	const pick: Pick = (n, v) => setQuery({ filter: [...matchers(filter).filter((m) => m !== matcher(n, v)), matcher(n, v)].join(",") }, false);
	const link = (g: Group) => { const next = new URLSearchParams(query); next.set("filter", [...new Set([...matchers(filter), ...ofLabels(g.labels)])].join(",")); return `/alerts?${next}`; };
	useCommands([...useItems(),
		{ id: "silence", label: "Silence the group that has the focus, else the first", group: "Alerts", keys: "s", deed: true, run: () => {
			const from = document.activeElement?.closest<HTMLElement>("main [data-labels]") ?? document.querySelector<HTMLElement>("main [data-labels]");
			if (from) silence(JSON.parse(from.dataset["labels"]!) as Labels);
		} },
		{ id: "silences", label: "Silences: what is held, and until when", group: "Alerts", run: () => go("/alerts?silences=all") }], []);
	useEffect(() => { document.title = "Alerts · Firstline"; }, []);
	const names = useMemo(() => [...new Set(items.flatMap((g) => [...Object.keys(g.shared), ...g.first.flatMap((a) => Object.keys(a.labels))]))].sort(), [items]);
	const one = items.length === 1 && !cursor ? items[0]! : null;
	return <div class="page"><div class="page-head"><h1>Alerts</h1>{last && <span class="muted" role="status">{plural(last.alerts, "alert")} in {plural(last.groups, "group")}</span>}<span class="gap" /><a href="/alerts?silences=all">Silences</a><a href="/alerts?noise=alert">Noise</a></div>
		<div class="filters">
			<form onSubmit={(e) => { e.preventDefault(); const form = new FormData(e.currentTarget); setQuery({ filter: String(form.get("filter") ?? ""), q: String(form.get("q") ?? "").trim() }, false); }}>
				<input key={`f${filter}`} name="filter" type="search" placeholder='severity="critical",service=~"pay.*"' aria-label="Filter by labels" size={40} defaultValue={filter} />
				<input key={`q${text}`} name="q" type="search" placeholder="words" aria-label="Words in labels and annotations" size={16} maxLength={256} defaultValue={text} /><button type="submit">Filter</button>{(filter || text) && <button type="button" class="plain" onClick={() => setQuery({ filter: "", q: "" }, false)}>Clear</button>}</form>
			<div class="tabs" role="group" aria-label="State">{Object.keys(STATES).map((s) => <button type="button" key={s} aria-pressed={s === state} onClick={() => setQuery({ state: s === "active" ? "" : s }, false)}>{s}</button>)}</div>
			<GroupBy by={by} names={names} /></div>
		{error && !items.length ? <Failed error={error} /> : !last ? <Loading what="Alerts" /> : <div class={cx(!fresh && "stale")}>
			{error ? <Failed error={error} /> : null}
			{items.length === 0 ? <Empty title={filter || text ? "No alert fits" : state === "held" ? "No alert is held" : "No alert is active"} />
				: one ? <OneGroup key={keyOf(one)} g={one} of={history} params={params} pick={pick} />
				: <div class="alert-groups">{items.map((g) => <GroupView key={keyOf(g)} g={g} of={history} link={link(g)} pick={pick} />)}</div>}
			{cursor && <More n={last.groups - items.length} more={more} />}</div>}</div>;
}
