/* What /v1 answers. */
export interface Reason { kind: string; rule: string; file?: string; line?: number; text: string; value?: number; limit?: number; free_at?: string | null }
export interface Remedy { incident: number; runbook: string; wall: string | null; took: number }
export interface Incident {
	id: number; state: string; severity: string; service: string; owner: string; developers: string; environment: string;
	title: string; impact: string; recurrence: string; overflow?: boolean; acknowledged: boolean; acknowledged_by?: string;
	needs_person: boolean; needs_person_why?: string; alerts_active: number; alerts_total: number; alerts_expired: number;
	alerts_held?: number; refired: number; occurrence: number; previous?: number; run?: number; runbook?: string; handoff?: number;
	opened_at: number; opened_wall: string; acknowledged_wall: string | null; recovered_wall: string | null;
	closed_wall: string | null; end: string | null; escalate_at?: number; escalate_tier?: number; settle_at?: number; told: number;
	told_people?: string[]; labels?: Record<string, string>; annotations?: Record<string, string>; signature?: string; tried?: string[];
	not_real?: boolean; held_why?: string; drill?: boolean; drill_by?: string; shadow?: string; remedies?: Remedy[];
}
export interface TimelineRow { id: number; incident: number; at: number; wall: string; kind: string; who: string; text: string; ref?: number }
export interface PermitItem { step: string; action: string; service: string; target: string; params: Record<string, string>; verdict: string | null; text: string; later?: boolean }
export interface Run {
	id: number; incident: number; state: string; runbook: string; started_by: string; step: number; phase: string; steps_done: number;
	step_at: number; due?: number; deadline?: number; held_since?: number; target?: number; targets: string[]; inputs: Record<string, string>; acted: boolean;
	last_value: string; why: string; begun_wall: string; ended_wall: string | null; refused?: boolean; question?: string; askees?: string[];
	level?: string; plan?: PermitItem[]; plan_digest?: string; permit_wall?: string | null; permitted_by?: string; shadow?: boolean; drill?: boolean;
	evidence?: { name: string; seen: boolean; value: string; wall: string | null }[]; verify_failed?: boolean; caller?: number;
}
export interface Attempt {
	id: number; incident: number; run?: number; decision: number; state: string; step: string; action: string; verb: string; service: string;
	target: string; principal: string; params: Record<string, string>; argv: string[]; happened: string; exit_code: number; signal: number; output: string;
	output_bytes: number; why?: string; intent_wall: string; started_wall: string | null; ended_wall: string | null; undo_until_at?: number; undone_by?: number; undo_of?: number;
	settled_by?: string; kind: string; timeout_ms: number;
}
export interface Decision {
	id: number; incident: number; run?: number; attempt?: number; at: number; wall: string; principal: string; action: string; verb: string;
	service: string; target: string; params: Record<string, string>; verdict: string; reasons: Reason[]; forward: string; shadow?: boolean; asked?: number;
	given?: { observed: Record<string, string>; healthy: string[]; health_known: boolean; votes: Vote[]; behalf: string[]; undo?: boolean };
}
export interface Vote { principal: string; yes: boolean; why: string; wall: string | null }
export interface Asked {
	id: number; incident: number; run?: number; state: string; step: string; principal: string; action: string; verb: string; service: string; target: string;
	params: Record<string, string>; digest: string; approvers: string[]; yes_missing: number; asked_wall: string; ends_wall: string | null; why: string;
	given?: { observed: Record<string, string>; healthy: string[]; votes: Vote[] };
}
export interface Notice { id: number; incident: number; purpose: string; state: string; person?: string; channel: string; address?: string; subject: string; tries: number; made_wall: string; done_wall: string | null; error?: string }
export interface Handoff { id: number; incident: number; class: string; state: string; team: string; title: string; because: string; ask: string; case_file: string; wall: string; filed?: string; tries: number }
export interface Whole { incident: Incident; timeline: TimelineRow[]; runs: Run[]; attempts: Attempt[]; decisions: Decision[]; asked: Asked[]; notices: Notice[]; handoffs: Handoff[] }
export interface Can { action: string; verb: string; service: string; verdict: string; text: string }
export interface Duty { team: string; rotation: string; person: string; from_wall: string | null; until_wall: string | null }
export interface Lease { id: number; kind: string; service: string; principal: string; why: string; from_wall: string; until_wall: string; over: boolean; over_wall: string | null; uses?: number; reviewed_by?: string; review?: string }
export interface Gap { id: number; kind: string; subject: string; text: string; owner: string; count: number; incident?: number; first_wall: string; last_wall: string }
export interface Status {
	version: string; epoch: number; seq: number; since_wall: string; now_wall: string; config: string; refusing: boolean; refusing_why?: string;
	stopped: boolean; stopped_by?: string; stopped_why?: string; hands_up: boolean; incidents_open: number; incidents_needing_person: number;
	alerts_active: number; alerts_held: number; silences_active: number; gaps: number; sandbox_gaps: string[]; principal: string; loopback_only: boolean;
	approvals_waiting: number; hands_on: number; glass: number; unreviewed: number;
}
