/* A decision, so that it can be checked: what was known, which rule, what it says, what would change it. */
import { Verdict, person } from "./ui";
import { placeOf } from "./rules";
import type { Decision, Reason } from "./types";

export const target = (d: { action: string; target: string; service: string }) =>
	`${d.action}${d.target ? ` on ${d.target}` : d.service ? ` on ${d.service}` : ""}`;

export function Pairs({ of }: { of: Record<string, string> | undefined }) {
	const all = Object.entries(of ?? {});
	return all.length ? <span class="pairs">{all.map(([k, v]) => <span key={k}><code>{k}</code> {v}</span>)}</span> : null;
}

function ReasonLine({ r }: { r: Reason }) {
	return <li class={`reason ${r.kind}`}><span>{r.text}</span>
		{r.file && <a class="place" href={placeOf({ file: r.file, line: r.line ?? 0 })} title={r.rule}>{r.file.split("/").pop()}:{r.line}</a>}</li>;
}

export function DecisionBody({ d, open }: { d: Decision; open?: boolean }) {
	const deciding = d.reasons.slice(0, 1), others = d.reasons.slice(1);
	const known = { ...d.params, ...d.given?.observed };
	return <div class="decision">
		<ul>{deciding.map((r, i) => <ReasonLine key={i} r={r} />)}</ul>
		{d.forward && <p class="forward"><b>What would change this</b> {d.forward}</p>}
		{(others.length > 0 || Object.keys(known).length > 0 || (d.given?.votes.length ?? 0) > 0) && <details open={open}>
			<summary>{d.verdict === "deny" ? "Why not, in full" : "What it was decided on"}</summary>
			{others.length > 0 && <ul>{others.map((r, i) => <ReasonLine key={i} r={r} />)}</ul>}
			<Pairs of={known} />
			{d.given?.health_known && <p class="muted">well: {d.given.healthy.join(", ") || "none"}</p>}
			{d.given?.votes.map((v) => <p key={v.principal + v.wall} class="muted">{person(v.principal)} said {v.yes ? "yes" : "no"}{v.why && `: ${v.why}`}</p>)}
			{(d.given?.behalf.length ?? 0) > 0 && <p class="muted">for {d.given!.behalf.map(person).join(", ")}</p>}
		</details>}
	</div>;
}

export function DecisionHead({ d }: { d: Decision }) {
	return <span><Verdict of={d.verdict} /> <b>{target(d)}</b> <span class="muted">for {person(d.principal)}</span>{d.shadow && <span class="chip">in shadow: nothing was done</span>}</span>;
}
