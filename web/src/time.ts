const MIN = 60_000, HOUR = 60 * MIN, DAY = 24 * HOUR;

/* The server's clock, as far as its answers tell. True when it is seen to be another than was thought. */
let skew = 0;
export function learnClock(serverNow: string): boolean {
	const ms = Date.parse(serverNow) - Date.now(), was = skew;
	skew = Math.abs(ms) < 1500 ? 0 : ms;
	return Math.abs(skew - was) >= 1500;
}
export const now = () => Date.now() + skew;

export function span(ms: number): string {
	const s = Math.max(0, Math.round(ms / 1000));
	if (s < 60) return `${s} s`;
	const m = Math.floor(s / 60);
	if (m < 60) return m < 10 && s % 60 ? `${m} min ${s % 60} s` : `${m} min`;
	const h = Math.floor(m / 60);
	if (h < 48) return m % 60 ? `${h} h ${m % 60} min` : `${h} h`;
	const d = Math.floor(h / 24);
	return h % 24 && d < 7 ? `${d} d ${h % 24} h` : `${d} d`;
}

/* Shorter: one unit. */
export function brief(ms: number): string {
	const s = Math.max(0, Math.round(ms / 1000));
	if (s < 60) return `${s} s`;
	if (s < 3600) return `${Math.floor(s / 60)} min`;
	if (s < 48 * 3600) return `${Math.floor(s / 3600)} h`;
	return `${Math.floor(s / 86400)} d`;
}

export function countdown(ms: number): string {
	const s = Math.max(0, Math.ceil(ms / 1000));
	return s < 3600 ? `${Math.floor(s / 60)}:${two(s % 60)}`
		: `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

/* Made when first wanted: each takes a slow phone some 20 ms, more than all the rest of a page's beginning. */
function made(options: Intl.DateTimeFormatOptions) {
	let format: Intl.DateTimeFormat | null = null;
	return (at: number) => (format ??= new Intl.DateTimeFormat(undefined, options)).format(at);
}
const dayTime = made({ weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const dayOnly = made({ day: "numeric", month: "short", year: "numeric" });
const whole = made({ weekday: "short", year: "numeric", month: "short", day: "numeric",
	hour: "2-digit", minute: "2-digit", hourCycle: "h23", second: "2-digit", timeZoneName: "short" });

const two = (n: number) => String(n).padStart(2, "0");
const hourOf = (at: Date) => `${two(at.getHours())}:${two(at.getMinutes())}`;
export const clock = (iso: string) => hourOf(new Date(iso));
export const clockWithSeconds = (iso: string) => `${clock(iso)}:${two(new Date(iso).getSeconds())}`;
export function when(iso: string): string {
	const at = Date.parse(iso);
	return Math.abs(now() - at) < 20 * HOUR && new Date(at).getDate() === new Date(now()).getDate()
		? hourOf(new Date(at)) : Math.abs(now() - at) < 300 * DAY ? dayTime(at) : dayOnly(at);
}
/* In the viewer's zone, and in UTC. */
export const inFull = (iso: string) =>
	`${whole(Date.parse(iso))}\n${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
/* Each time's own, when there is nothing else to do: a page has many of them, and it takes long. */
const untitled = new Set<HTMLTimeElement>();
const idle = globalThis.requestIdleCallback ?? ((f: IdleRequestCallback) => setTimeout(() => f({ didTimeout: false, timeRemaining: () => 5 }), 200));
function entitle(left: IdleDeadline) {
	for (const time of untitled) {
		if (left.timeRemaining() < 1) break;
		untitled.delete(time);
		time.title = inFull(time.dateTime);
	}
	if (untitled.size > 0) idle(entitle);
}
export function titled(time: HTMLTimeElement | null) {
	if (!time) return;
	if (untitled.size === 0) idle(entitle);
	untitled.add(time);
}
export const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;
export { MIN, HOUR, DAY };
