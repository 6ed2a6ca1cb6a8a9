/* What fires now, in groups of the same trouble: shared labels once, what differs in each. */
import { useMemo } from "preact/hooks";
import { act, get } from "./api";
import { useItems } from "./board";
import { labelDifference, type Alert } from "./incident";
import { useCommands } from "./keys";
import { live } from "./live";
import { Out } from "./markdown";
import { setQuery, useAddress } from "./router";
import { useStore } from "./store";
import { HOUR, now } from "./time";
import { Ago, Empty, Failed, Loading, LongList, plural, question, say, useFetched } from "./ui";

interface Group { alerts: Alert[]; labels: Record<string, string>; receiver: { name: string } }
const SHOWN = 60;

export const matcher = (name: string, value: string) => `${name}=${JSON.stringify(value)}`;

function silence(labels: Record<string, string>, seen: Alert[]) {
	const muted = seen.filter((a) => Object.entries(labels).every(([n, v]) => a.labels[n] === v)).length;
	question({ title: `Silence ${Object.entries(labels).map(([n, v]) => matcher(n, v)).join(" ")}`, yes: "Silence", text: `It would hold ${plural(muted, "alert")} of those here, and nobody is told of them.`,
		fields: [{ name: "hours", label: "Hours", value: "2", need: true }, { name: "comment", label: "Why", need: true, area: true }],
		run: async (v) => {
			const hours = Number(v["hours"]);
			if (!(hours > 0 && hours <= 24 * 30)) throw new Error("hours are a number up to 720");
			const made = await act<{ silenceID?: string; silence?: { id?: string; uuid?: string }; id?: string }>("/v1/silences", { matchers: Object.entries(labels).map(([name, value]) => ({ name, value, isRegex: false, isEqual: true })),
				startsAt: new Date(now()).toISOString(), endsAt: new Date(now() + hours * HOUR).toISOString(), createdBy: live.status?.principal ?? "web", comment: v["comment"] });
			const id = made.silence?.uuid ?? made.silence?.id ?? made.silenceID ?? made.id;
			say("Silenced", id ? { undo: () => act(`/v1/silences/${encodeURIComponent(id)}`, {}, "DELETE") } : {});
		} });
}

/* An hour each: the worst that was open in it, of the incidents that these alerts made. */
function History({ g }: { g: Group }) {
	const end = now(), begin = end - 24 * HOUR;
	const hours = Array.from({ length: 24 }, () => "");
	const mark = (from: number, to: number, as: string) => {
		for (let h = Math.max(0, Math.floor((from - begin) / HOUR)); h < 24 && begin + h * HOUR <= to; h++) if (!hours[h] || as < hours[h]!) hours[h] = as;
	};
	for (const i of [...live.recent.values(), ...live.incidents.values()]) {
		if (Object.entries(g.labels).some(([n, v]) => i.labels?.[n] !== v)) continue;
		mark(Date.parse(i.opened_wall), i.closed_wall ? Date.parse(i.closed_wall) : end, i.severity);
	}
	for (const a of g.alerts.slice(0, 1000)) mark(Date.parse(a.startsAt), end, "sev4 held");
	const hot = hours.filter(Boolean).length;
	return <div class="history" role="img" aria-label={`Open in ${hot} of the last 24 hours`} title={`Open in ${hot} of the last 24 hours`}>{hours.map((as, h) => <i key={h} class={as && `on ${as}`} />)}</div>;
}

const groupName = (g: Group) => g.labels["alertname"] ?? (Object.values(g.labels).join(" ") || "no name");
const groupKey = (g: Group) => Object.entries(g.labels).map(([n, v]) => matcher(n, v)).join(",");

/* All of one group, however many: a line each. */
function OneGroup({ g, all, pick }: { g: Group; all: Alert[]; pick: (n: string, v: string) => void }) {
	const { shared, differ } = useMemo(() => labelDifference(g.alerts), [g]);
	return <section class="table" aria-label={groupName(g)}>
		<div class="alert-group flat"><div class="line"><h2>{groupName(g)}</h2><span class="chip">{g.alerts.length.toLocaleString()}</span><span class="muted">{g.receiver.name}</span><span class="gap" /><button type="button" onClick={() => silence(g.labels, all)}>Silence</button></div>
			<History g={g} />
			<div class="labels">{Object.entries(shared).map(([n, v]) => <button type="button" class="label" key={n} onClick={() => pick(n, v)}>{n}: {v}</button>)}</div></div>
		<LongList items={g.alerts} rowPx={34} keyOf={(a) => a.fingerprint} label="Alerts" row={(a) => <div class="alert-row">
			<div class="labels">{differ.filter((n) => a.labels[n] !== undefined).map((n) => <button type="button" class="label" key={n} onClick={() => pick(n, a.labels[n]!)}>{n}: {a.labels[n]}</button>)}</div>
			<span class="text muted">{a.annotations["summary"] ?? a.annotations["description"] ?? ""}</span><span class="gap" />{a.status.state === "suppressed" && <span class="chip">held</span>}<Ago at={a.startsAt} bare /></div>} /></section>;
}

function GroupCard({ g, all, pick }: { g: Group; all: Alert[]; pick: (n: string, v: string) => void }) {
	const { shared, differ } = useMemo(() => labelDifference(g.alerts), [g]);
	return <article class="alert-group">
		<div class="line"><h2><a data-item class="plain-link" href={`/alerts?filter=${encodeURIComponent(groupKey(g))}`}>{groupName(g)}</a></h2><span class="chip">{g.alerts.length.toLocaleString()}</span><span class="gap" /><span class="muted">{g.receiver.name}</span></div>
		<History g={g} />
		{g.alerts.slice(0, 8).map((a) => <div class="alert-one" key={a.fingerprint}><span>{a.annotations["summary"] ?? a.annotations["description"] ?? ""}</span>
			<div class="labels">{differ.filter((n) => a.labels[n] !== undefined).map((n) => <button type="button" class="label" key={n} onClick={() => pick(n, a.labels[n]!)}>{n}: {a.labels[n]}</button>)}</div>
			<span class="muted"><Ago at={a.startsAt} />{a.status.state === "suppressed" && <span class="chip"> held</span>}{a.generatorURL && <> <Out href={a.generatorURL}>source</Out></>}</span></div>)}
		{g.alerts.length > 8 && <p><a href={`/alerts?filter=${encodeURIComponent(groupKey(g))}`}>All {g.alerts.length.toLocaleString()}</a></p>}
		<div class="labels">{Object.entries(shared).map(([n, v]) => <button type="button" class="label" key={n} onClick={() => pick(n, v)}>{n}: {v}</button>)}</div>
		<div><button type="button" onClick={() => silence(g.labels, all)}>Silence</button></div></article>;
}

export function Alerts() {
	useStore(live);
	const { query } = useAddress();
	const filter = query.get("filter") ?? "", held = query.get("held") === "1";
	const read = useFetched(() => {
		const params = new URLSearchParams();
		if (!held) { params.set("silenced", "false"); params.set("inhibited", "false"); }
		if (filter) for (const m of filter.match(/[^,"]+(?:"(?:[^"\\]|\\.)*")?/g) ?? []) params.append("filter", m.trim());
		return get<Group[]>(`/api/v2/alerts/groups?${params}`);
	}, [filter, held, live.status?.alerts_active, live.status?.alerts_held, live.status?.silences_active]);
	useCommands(useItems(), []);
	const groups = useMemo(() => (read.value ?? []).filter((g) => g.alerts.length > 0).sort((a, b) => b.alerts.length - a.alerts.length), [read.value]);
	const all = useMemo(() => groups.flatMap((g) => g.alerts), [groups]);
	const pick = (n: string, v: string) => setQuery({ filter: filter ? `${filter},${matcher(n, v)}` : matcher(n, v) }, false);
	return <div class="page"><div class="page-head"><h1>Alerts</h1><span class="muted">{all.length.toLocaleString()} {all.length === 1 ? "alert" : "alerts"} in {plural(groups.length, "group")}</span></div>
		<form class="filters" onSubmit={(e) => { e.preventDefault(); setQuery({ filter: String(new FormData(e.currentTarget).get("filter") ?? "") }, false); }}>
			<input key={filter} name="filter" type="search" placeholder='severity="critical",service=~"pay.*"' aria-label="Filter by labels" size={46} defaultValue={filter} /><button type="submit">Filter</button>
			<button type="button" aria-pressed={held} onClick={() => setQuery({ held: held ? "" : "1" })}>{held ? "Hide held ones" : "Show held ones"}</button>{filter && <button type="button" class="plain" onClick={() => setQuery({ filter: "" })}>All</button>}</form>
		{read.error ? <Failed error={read.error} again={read.again} /> : !read.value ? <Loading what="Alerts" /> : groups.length === 0 ? <Empty title={filter ? "No alert fits" : "No alert is active"} />
			: groups.length === 1 ? <OneGroup g={groups[0]!} all={all} pick={pick} /> : <div class="alert-groups">{groups.slice(0, SHOWN).map((g, i) => <GroupCard key={i} g={g} all={all} pick={pick} />)}</div>}
		{groups.length > SHOWN && <p class="muted">{groups.length - SHOWN} smaller groups are not drawn: filter to see them.</p>}</div>;
}
