/* Who may what: the evaluator that decides, asked; nothing is done by asking. */
import { useState } from "preact/hooks";
import { ask, get, type List } from "./api";
import { DecisionBody, DecisionHead } from "./decision";
import { setQuery, useAddress } from "./router";
import { RuleAt, Rules } from "./rules";
import type { Service } from "./services";
import { MIN, now } from "./time";
import type { Can, Decision } from "./types";
import type { Rule } from "./v1";
import { Failed, Loading, Verdict, useFetched } from "./ui";

interface Who { principal: string; verdict: string; text: string }
interface May { exit: number; decision: Decision; note?: string }

const ASKS = [["what-can", "What may one do there?"], ["may", "May one do that?"], ["who-can", "Who may do that?"]] as const;
/* As the field for a time writes it. */
const asLocal = () => { const d = new Date(now()); return new Date(d.getTime() - d.getTimezoneOffset() * MIN).toISOString().slice(0, 16); };

export function Authority() {
	const { query } = useAddress();
	const q = (n: string) => query.get(n) ?? "";
	const services = useFetched(async () => (await get<List<Service>>("/v1/services")).items, []);
	const deeds = useFetched(async () => [...new Set((await get<List<Rule>>("/v1/rules")).items.flatMap((r) => r.may))].sort(), []);
	const kind = q("ask") || "what-can", service = q("service"), action = q("action"), principal = q("principal"), target = q("target"), at = q("at");
	const wrong = at && Number.isNaN(Date.parse(at)) ? `'${at}' is no time: a time is as ${asLocal()}` : !ASKS.some(([k]) => k === kind) ? `'${kind}' is no question: there are ${ASKS.map(([k]) => k).join(", ")}` : "";
	const ready = !wrong && (kind === "what-can" ? service !== "" : service !== "" && action !== "");
	const [turn, again] = useState(0);
	const answer = useFetched(async () => {
		if (!ready) return null;
		const body: Record<string, unknown> = { service };
		if (kind !== "what-can") body["action"] = action;
		if (kind !== "who-can" && principal) body["principal"] = principal;
		if (kind !== "what-can" && target) body["target"] = target;
		if (at) body["at"] = new Date(at).toISOString().replace(/\.\d+/, "");
		return kind === "may" ? { may: await ask<May>("/v1/may", body) } : kind === "who-can" ? { who: await ask<List<Who>>("/v1/who-can", body) } : { can: await ask<List<Can>>("/v1/what-can", body) };
	}, [kind, service, action, principal, target, at, turn]);
	const submit = (event: Event) => {
		event.preventDefault();
		const form = new FormData(event.target as HTMLFormElement);
		setQuery({ ask: kind, ...Object.fromEntries(["service", "action", "principal", "target", "at"].map((n) => [n, String(form.get(n) ?? "")])), rule: "" }, false);
		again(turn + 1);
	};
	return <div class="page"><div class="page-head"><h1>Authority</h1><span class="muted">Asked of the evaluator that decides. Asking does nothing.</span></div>
		{q("rule") && <RuleAt key={q("rule")} place={q("rule")} />}
		<div class="tabs" role="group" aria-label="Question">{ASKS.map(([k, t]) => <button type="button" key={k} aria-pressed={kind === k} onClick={() => setQuery({ ask: k })}>{t}</button>)}</div>
		<form class="ask-form" onSubmit={submit} key={`${kind}${location.search}`}>
			{kind !== "who-can" && <label><span>Who</span><input name="principal" placeholder="you" defaultValue={principal} /></label>}
			{kind !== "what-can" && <label><span>Action</span><input name="action" required list="actions" defaultValue={action} /></label>}
			<label><span>On service</span><input name="service" required list="services" defaultValue={service} /></label>
			{kind !== "what-can" && <label><span>Target</span><input name="target" list="targets" placeholder={kind === "may" ? "host or service" : "any"} defaultValue={target} /></label>}
			<label><span>At</span><input name="at" type="datetime-local" defaultValue={wrong ? "" : at} /></label><button type="submit" class="primary">Ask</button>
			<datalist id="targets">{services.value?.flatMap((s) => !service || s.name === service ? [...s.hosts, s.name] : []).slice(0, 500).map((t) => <option key={t} value={t} />)}</datalist><datalist id="services">{services.value?.map((s) => <option key={s.name} value={s.name} />)}</datalist><datalist id="actions">{deeds.value?.map((a) => <option key={a} value={a} />)}</datalist></form>
		{wrong ? <p class="wrong" role="alert">{wrong}</p> : answer.error ? <Failed error={answer.error} /> : ready && answer.busy ? <Loading what="The answer" /> : !answer.value ? <><p class="muted">Who is <code>automation</code>, or <code>person:ana</code>; empty: you. The same as <code>firstline may</code>.</p>
			{kind === "what-can" && (services.value?.length ?? 0) > 0 && <section class="panel"><h2>What automation may do, and you</h2><ul class="rows">{services.value!.slice(0, 50).map((s) => <li key={s.name}><b>{s.name}</b><span class="chip">tier {s.tier}</span><span class="gap" /><a href={`/authority?service=${encodeURIComponent(s.name)}&principal=automation`}>automation</a><a href={`/authority?service=${encodeURIComponent(s.name)}`}>you</a></li>)}</ul></section>}
			{!q("rule") && <Rules title="What is written" />}</> : <section class="panel" aria-live="polite">
			{answer.value.may && <><DecisionHead d={answer.value.may.decision} /><DecisionBody d={answer.value.may.decision} open />{answer.value.may.note && <p class="muted">{answer.value.may.note}</p>}</>}
			{answer.value.who && (answer.value.who.items.length === 0 ? <p>Nobody may.</p> : <ul class="rows">{answer.value.who.items.map((w) => <li key={w.principal}><Verdict of={w.verdict} /><b>{w.principal}</b><span class="muted">{w.text}</span></li>)}</ul>)}
			{answer.value.can && (answer.value.can.items.length === 0 ? <p>Nothing.</p> : <ul class="rows">{answer.value.can.items.map((c) => <li key={c.action}><Verdict of={c.verdict} /><b>{c.action}</b><span class="muted">{c.text}</span></li>)}</ul>)}
			{(answer.value.who ?? answer.value.can)?.note && <p class="muted">{(answer.value.who ?? answer.value.can)!.note}</p>}
		</section>}</div>;
}
