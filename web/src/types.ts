/* What /v1 answers, from its description; here with what is always there in what pages show. */
import type * as V1 from "./v1";

type Sure<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> };

export type Reason = V1.Reason;
export type Vote = V1.Vote;
export type Remedy = V1.Remedy;
export type PermitItem = V1.PermitItem;
export type Incident = Sure<V1.Incident, "state" | "severity" | "opened_wall" | "opened_at">;
export type TimelineRow = Sure<V1.Timeline, "wall" | "kind">;
export type Run = Sure<V1.Run, "state" | "phase" | "begun_wall">;
export type Attempt = Sure<V1.Attempt, "state" | "intent_wall">;
export type Decision = Sure<V1.Decision, "wall" | "verdict">;
export type Asked = Sure<V1.Asked, "state" | "asked_wall" | "digest">;
export type Notice = Sure<V1.Notice, "state" | "purpose" | "made_wall">;
export type Handoff = Sure<V1.Handoff, "class" | "state" | "wall">;
export type Can = V1.Can;
export type OutputItem = V1.OutputItem;
export type Duty = V1.Duty;
export type Lease = Sure<V1.Lease, "kind" | "from_wall" | "until_wall">;
export type Gap = Sure<V1.Gap, "kind" | "first_wall" | "last_wall">;
export type Status = Sure<V1.Status, "since_wall" | "now_wall" | "config">;
export interface Whole {
	incident: Incident; timeline: TimelineRow[]; runs: Run[]; attempts: Attempt[]; decisions: Decision[]; asked: Asked[]; notices: Notice[]; handoffs: Handoff[];
}
