/* One's turn for another's: picked by drag or by key, shown before it is asked for. */
import { act, whoIsHere } from "./api";
import { now, when } from "./time";
import { person, question, say } from "./ui";

export interface Shift { team: string; rotation: string; tier: number; person: string; from_wall: string; until_wall: string; gap: boolean; zone: string }

export const me = () => {
	const principal = whoIsHere()?.principal ?? "";
	return principal.startsWith("person:") ? person(principal) : "";
};
const isAhead = (s: Shift) => !s.gap && Date.parse(s.until_wall) > now();
export const same = (a: Shift | null, b: Shift) => a !== null && a.team === b.team && a.rotation === b.rotation && a.from_wall === b.from_wall;
/* What may be given, and what may be had for it. */
export const isMine = (s: Shift) => s.person !== "" && s.person === me() && isAhead(s);
export const isForIt = (picked: Shift | null, s: Shift) => picked !== null && s.team === picked.team && s.rotation === picked.rotation && s.person !== me() && isAhead(s);

/* What is left of it: a turn that has begun is given from now on. */
const begins = (s: Shift) => Date.parse(s.from_wall) > now() ? s.from_wall : new Date(now()).toISOString().slice(0, 19) + "Z";
export const spoken = (s: Shift) => `${s.person}, ${s.rotation}, ${when(s.from_wall)} until ${when(s.until_wall)}`;

function Becomes({ shift, who }: { shift: Shift; who: string }) {
	return <tr><td>{when(begins(shift))} until {when(shift.until_wall)}</td><td><del>{shift.person}</del></td><td><b>{who}</b></td></tr>;
}

/* Both turns as they are and as they will be; then it is asked for. */
export function swap(give: Shift, take: Shift, done: () => void) {
	question({ title: `Swap with ${take.person}?`, yes: `Ask ${take.person}`,
		text: <><p>{take.person} is asked. Until there is a yes, everything stays as it is.</p>
			<table class="swap"><thead><tr><th>{give.rotation} of {give.team}</th><th>Now</th><th>Then</th></tr></thead><tbody><Becomes shift={give} who={take.person} /><Becomes shift={take} who={give.person} /></tbody></table></>,
		fields: [{ name: "why", label: "Why" }],
		run: async (v) => {
			const { override } = await act<{ override?: { id: number } }>("/v1/overrides/swap", { team: give.team, rotation: give.rotation, person: take.person,
				from: begins(give), to: give.until_wall, back_from: begins(take), back_to: take.until_wall, ...v });
			say(`${take.person} was asked`, override ? { undo: () => act(`/v1/overrides/${override.id}`, {}, "DELETE").then(done) } : {});
			done();
		} });
}
