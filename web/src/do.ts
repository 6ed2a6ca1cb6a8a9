/* What people can do to an incident, in one place: the same from a button, a key, the palette. */
import { act } from "./api";
import { live } from "./live";
import type { Asked, Attempt, Incident, Lease, Run } from "./types";
import type { Done } from "./v1";
import { complain, person, question, say } from "./ui";

export function acknowledge(incident: Incident) {
	const before = live.incidents.get(incident.id), me = live.status?.principal ?? "";
	if (incident.acknowledged) return holder(incident, me);
	const hoped = before && { ...before, acknowledged: true, acknowledged_by: me };
	if (hoped) {
		/* Shown at once; the row that the server publishes is what stays. */
		live.incidents.set(incident.id, hoped);
		live.changed();
	}
	act<Done>(`/v1/incidents/${incident.id}/acknowledge`).then(({ incident: now }) => now ? holder(now as Incident, me, true) : undefined, (error) => {
		if (before && live.incidents.get(incident.id) === hoped) live.incidents.set(incident.id, before);
		live.changed();
		complain(error);
	});
}
/* Who was first has it: whoever comes after is told, and not that it is theirs. */
function holder({ id, acknowledged_by: who }: Incident, me: string, taken = false) {
	if (who !== me) say(`${person(who ?? "somebody")} has incident ${id}`, { bad: true });
	else say(`Incident ${id} is yours`, taken ? { undo: () => act(`/v1/incidents/${id}/unacknowledge`) } : {});
}

/* All of one trouble; a few at a time, so that others are heard in between. */
const AT_ONCE = 4;
async function eachOf<T>(list: T[], one: (item: T) => Promise<unknown>) {
	const left = [...list], wrong: unknown[] = [];
	const work = async () => {
		for (let next = left.shift(); next !== undefined; next = left.shift()) await one(next).catch((error) => wrong.push(error));
	};
	await Promise.all(Array.from({ length: AT_ONCE }, work));
	if (wrong.length > 0) throw new Error(`${wrong.length} of ${list.length} were not done: ${wrong[0] instanceof Error ? wrong[0].message : wrong[0]}`);
}
export function acknowledgeAll(incidents: Incident[]) {
	if (incidents.length === 1) return acknowledge(incidents[0]!);
	question({ title: `Acknowledge ${incidents.length.toLocaleString()} incidents`, yes: "They are mine", text: "They are yours from then on; nobody else is told of them.",
		run: () => eachOf(incidents, (i) => act(`/v1/incidents/${i.id}/acknowledge`)).then(() =>
			say(`${incidents.length.toLocaleString()} incidents are yours`, { undo: () => eachOf(incidents, (i) => act(`/v1/incidents/${i.id}/unacknowledge`)) })) });
}

/* Who has a turn now: what they are called, and which turn. */
export function onDuty() {
	const out = new Map<string, { name: string; turns: string[] }>();
	for (const d of live.duty) {
		if (!d.person) continue;
		const had = out.get(d.person) ?? { name: d.name || d.person, turns: [] };
		out.set(d.person, { ...had, turns: [...had.turns, `${d.team} ${d.rotation}`] });
	}
	return out;
}

export function handOver(incident: Incident) {
	const duty = [...onDuty()];
	question({ title: `Hand incident ${incident.id} over`, yes: "Hand over", text: "It is theirs from then on, and they are told.",
		fields: [{ name: "person", label: "To whom", need: true, suggest: new Map(duty.map(([id, { name, turns }]) => [id, [name, ...turns].join(", ")])),
			hint: `ana or Ana Souza${live.status ? `; on duty: ${duty.map(([id, { name }]) => (name === id ? id : `${name} (${id})`)).join(", ") || "nobody"}` : ""}` }, { name: "text", label: "What they should know", area: true }],
		run: (v) => act<Done>(`/v1/incidents/${incident.id}/hand-over`, v).then(({ incident: now }) =>
			say(`Incident ${incident.id} is with ${person(now?.acknowledged_by ?? v["person"]!)}`, { undo: () => act(`/v1/incidents/${incident.id}/unacknowledge`) })) });
}

export function note(incident: Incident) {
	question({ title: `Note on incident ${incident.id}`, yes: "Add note", fields: [{ name: "text", label: "Note", area: true, need: true }],
		run: (v) => act(`/v1/incidents/${incident.id}/notes`, v) });
}

/* Was it useful to know of it? What somebody says last is what they say. */
export function useful(incident: Incident, yes: boolean, text = "") {
	return act(`/v1/incidents/${incident.id}/useful`, { useful: yes ? "yes" : "no", text }).then(() => say(yes ? "Noted: it was useful" : "Noted: it was not useful"), complain);
}
export function usefulWhy(incident: Incident, yes: boolean, text: string) {
	question({ title: `Why was incident ${incident.id} ${yes ? "" : "not "}useful?`, yes: "Note", fields: [{ name: "text", label: "Why", area: true, value: text }],
		run: (v) => useful(incident, yes, v["text"] ?? "") });
}

export function resolve(incident: Incident) {
	question({ title: `Resolve incident ${incident.id}`, yes: "Resolve", text: "It is over, and you say so. If its alerts still fire it comes back.",
		fields: [{ name: "text", label: "What was it?", area: true }],
		run: (v) => act(`/v1/incidents/${incident.id}/resolve`, v).then(() => say(`Incident ${incident.id} is resolved`)) });
}

export function cancel(incident: Incident) {
	question({ title: `Stop the runbook of incident ${incident.id}`, yes: "Stop it", danger: true, text: "What it began is ended. It starts no more by itself.",
		fields: [{ name: "text", label: "Why", area: true }], run: (v) => act(`/v1/incidents/${incident.id}/cancel`, v) });
}

export function handsOn(service: string) {
	question({ title: `Take ${service} in hand`, yes: "Take it", text: "Automation only watches this service while you hold it.",
		fields: [{ name: "for", label: "For how long", value: "1h", need: true, hint: "30m, 2h; at most 12h" }, { name: "why", label: "Why", area: true }],
		run: (v) => act<{ lease?: Lease }>(`/v1/services/${encodeURIComponent(service)}/hands-on`, v).then(() =>
			say(`${service} is in your hands`, { undo: () => act(`/v1/services/${encodeURIComponent(service)}/hands-off`) })) });
}

export function handsOff(lease: Lease) {
	const mine = lease.principal === live.status?.principal;
	question({ title: `End hands-on of ${lease.service}`, yes: "Let go", text: mine ? "Automation goes on." : `${person(lease.principal)} holds it. Say why you end that.`,
		fields: mine ? [] : [{ name: "why", label: "Why", area: true, need: true }],
		run: (v) => act(`/v1/services/${encodeURIComponent(lease.service)}/hands-off`, { ...v, lease: lease.id }) });
}

export function approve(asked: Asked, yes: boolean) {
	question({ title: `${yes ? "Approve" : "Deny"} ${asked.action}${asked.target ? ` on ${asked.target}` : ""}`, yes: yes ? "Approve" : "Deny", danger: !yes,
		fields: [{ name: "why", label: "Why", area: true }],
		run: (v) => act(`/v1/asked/${asked.id}/${yes ? "approve" : "deny"}`, { ...v, digest: asked.digest }) });
}

export function permit(incident: Incident, run: Run, yes: boolean) {
	const announced = run.level === "veto";
	question({ title: yes ? `Permit what ${run.runbook} will do` : announced ? `Veto ${run.runbook}` : `Say no to ${run.runbook}`,
		yes: yes ? "Permit" : "Veto", danger: !yes,
		text: run.plan?.map((p) => `${p.action}${p.target ? ` on ${p.target}` : ""}`).join(", "), fields: [{ name: "why", label: "Why", area: true }],
		run: (v) => act(`/v1/incidents/${incident.id}/${yes ? "permit" : "veto"}`, yes ? { ...v, digest: run.plan_digest } : v) });
}

export function answer(run: Run) {
	question({ title: run.question ?? "Answer", yes: "Answer", text: `${run.runbook} waits for it.`, fields: [{ name: "value", label: "Answer", need: true }],
		run: (v) => act(`/v1/runs/${run.id}/answer`, v) });
}

export function settle(attempt: Attempt) {
	question({ title: `Did ${attempt.action}${attempt.target ? ` on ${attempt.target}` : ""} happen?`, yes: "Say so",
		text: "Nobody knows whether it was done: nothing is repeated until you say.", fields: [{ name: "happened", label: "It happened", options: ["no", "yes"], need: true }],
		run: (v) => act(`/v1/attempts/${attempt.id}/settle`, v) });
}

export function undo(attempt: Attempt) {
	question({ title: `Undo ${attempt.action}${attempt.target ? ` on ${attempt.target}` : ""}`, yes: "Undo it", text: "Does what the action's undo says, with the values of then.",
		fields: [{ name: "why", label: "Why", area: true }], run: (v) => act(`/v1/attempts/${attempt.id}/undo`, v) });
}

export function goOn(run: Run) {
	question({ title: `Go on with ${run.runbook}`, yes: "Go on", text: "What that run did stays as it is; what it did not do is begun.",
		run: () => act(`/v1/runs/${run.id}/continue`, { runbook: run.runbook }).then(() => say("It goes on")) });
}

export function withdraw(asked: Asked) {
	question({ title: `Withdraw ${asked.action}${asked.target ? ` on ${asked.target}` : ""}`, yes: "Withdraw", text: "Nobody needs to answer any more.",
		fields: [{ name: "why", label: "Why", area: true }], run: (v) => act(`/v1/asked/${asked.id}/withdraw`, v).then(() => say("Withdrawn")) });
}

/* `needs`, as the server says it: "--target HOST replicas=VALUE". Each of it is asked for. */
export function run(incident: Incident, what: { runbook?: string; action?: string; target?: string }, needs = "") {
	const params = [...needs.matchAll(/(?:^| )(\S+)=VALUE(?= |$)/g)].map((m) => m[1]!);
	question({ title: `Start ${what.runbook ?? what.action}${what.target ? ` on ${what.target}` : ""}`, yes: "Start",
		text: `On incident ${incident.id}, ${incident.service}. Authority decides, and the decision stands in the trail.`,
		fields: [...(what.action && !what.target ? [{ name: "target", label: "Target", hint: "a host of the service, where the action has one" }] : []),
			...params.map((name) => ({ name: `with ${name}`, label: name, need: true }))],
		run: (v) => {
			const given = Object.fromEntries(params.map((name) => [name, v[`with ${name}`] ?? ""]));
			return act<{ exit: number }>(`/v1/incidents/${incident.id}/run`, { ...what, ...(v["target"] ? { target: v["target"] } : {}), ...(params.length ? { with: given } : {}) }).then((a) =>
				say(a.exit === 6 ? "It waits for approval" : "Begun"));
		} });
}

export function stopAll() {
	question({ title: "Stop everything", yes: "Stop all", danger: true,
		text: "Every action that is out is ended, and none starts until somebody resumes. Alerts are taken, people are told, as always.",
		fields: [{ name: "text", label: "Why", area: true, need: true }],
		run: (v) => act("/v1/stop-all", v).then(() => say("All is stopped", { undo: () => act("/v1/resume", { text: "taken back" }) })) });
}
export function resume() {
	question({ title: "Resume", yes: "Resume", text: "Actions within authority start again.", fields: [{ name: "text", label: "Why", area: true }],
		run: (v) => act("/v1/resume", v).then(() => say("Resumed")) });
}

export function breakGlass(service: string) {
	question({ title: `Break the glass on ${service}`, yes: "Break it", danger: true, text: "For you, for that time, liftable rules do not hold there. Everybody is told, and somebody else must review it.",
		fields: [{ name: "for", label: "For how long", value: "30m", need: true }, { name: "why", label: "Why", area: true, need: true }],
		run: (v) => act(`/v1/services/${encodeURIComponent(service)}/break-glass`, v).then(() => say(`The glass is broken on ${service}`)) });
}
