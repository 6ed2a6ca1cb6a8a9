/* Links by which calendar programs read who is on duty. Shown once: while the page is open it
 * still has those that were made on it. */
import { act, get, whoIsHere, type List } from "./api";
import type * as V1 from "./v1";
import { At, person, question, say, useFetched } from "./ui";

interface Made { id: number; secret: string; url?: string }
const made = new Map<number, string>();

async function copy(link: string) {
	const shown = document.querySelector<HTMLInputElement>("dialog[open] input[name=link]");
	/* Browsers have no clipboard for pages that came by plain HTTP. */
	if (navigator.clipboard) await navigator.clipboard.writeText(link);
	else if (shown) { shown.select(); document.execCommand("copy"); }
	else throw new Error("this browser does not let the page copy: end the link, and make another");
	say("Copied");
}

const show = (whose: string, link: string) => question({ title: `The calendar of ${whose}`, yes: "Copy link", fields: [{ name: "link", label: "Link", value: link }],
	text: <><p>Subscribe to it in a calendar program. Whoever has this link reads the calendar; it is shown this once.</p><p><a href={link.replace(/^https?:/, "webcal:")}>Open it in the calendar program of this device</a></p></>, run: () => copy(link) });

/* "person:ana" is "ana", "rotation:ops/primary" is "ops/primary". */
const whose = (feed: string) => feed.slice(feed.indexOf(":") + 1);

/* What can be subscribed to of a team, by the words that are shown. */
function choices(team: string, rotations: string[], people: string[]) {
	const here = whoIsHere();
	const me = here?.principal.startsWith("person:") ? person(here.principal) : "";
	const leads = here?.role === "lead" || here?.role === "admin";
	const of = new Map<string, Record<string, string>>();
	if (me) of.set(`my shifts (${me})`, { person: me });
	of.set(`all of ${team}`, { team });
	for (const rotation of rotations) of.set(`the rotation ${rotation}`, { team, rotation });
	if (leads) for (const p of people) if (p !== me) of.set(`the shifts of ${p}`, { person: p });
	return of;
}

export function subscribe(team: string, rotations: string[], people: string[], done: () => void) {
	const of = choices(team, rotations, people);
	question({ title: `Subscribe to ${team}`, yes: "Make a link", text: "A calendar of who is on duty, with whoever stands in, that your calendar program keeps up to date.",
		fields: [{ name: "what", label: "What", need: true, options: [...of.keys()] }],
		run: async (v) => {
			const what = of.get(v["what"]!)!;
			const feed = await act<Made>("/v1/feeds", what);
			made.set(feed.id, `${(feed.url || location.origin).replace(/\/+$/, "")}/feed/${feed.secret}.ics`);
			done();
			show(Object.values(what).join("/"), made.get(feed.id)!);
		} });
}

export const useFeeds = () => useFetched(async () => (await get<List<V1.Token>>("/v1/feeds")).items, []);

export function Feeds({ feeds, again }: { feeds: V1.Token[]; again: () => void }) {
	const end = (feed: V1.Token) => question({ title: "End this link?", yes: "End it", danger: true, text: `Calendars that read ${whose(feed.feed ?? "")} by it get nothing any more.`,
		run: () => act(`/v1/feeds/${feed.id}`, {}, "DELETE").then(() => { made.delete(feed.id); say("The link is ended"); again(); }) });
	return <section class="panel"><h2>Links of calendars</h2><ul class="rows">{feeds.map((f) => <li key={f.id}><b>{whose(f.feed ?? "")}</b><span class="muted">made by {person(f.principal)}{f.made_wall && <>, <At at={f.made_wall} /></>}</span><span class="gap" />
		{made.has(f.id) && <button type="button" aria-label={`Copy the link of ${whose(f.feed ?? "")}`} onClick={() => show(whose(f.feed ?? ""), made.get(f.id)!)}>Copy link</button>}
		<button type="button" aria-label={`End the link of ${whose(f.feed ?? "")}`} onClick={() => end(f)}>End</button></li>)}</ul></section>;
}
