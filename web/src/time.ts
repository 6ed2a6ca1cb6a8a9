const MIN = 60_000, HOUR = 60 * MIN, DAY = 24 * HOUR;

/* The server's clock, as far as its answers tell. */
let skew = 0;
export function learnClock(serverNow: string) {
	const ms = Date.parse(serverNow) - Date.now();
	skew = Math.abs(ms) < 1500 ? 0 : ms;
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
	const two = (n: number) => String(n).padStart(2, "0");
	return s < 3600 ? `${Math.floor(s / 60)}:${two(s % 60)}`
		: `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

const clockOnly = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const clockSeconds = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", second: "2-digit" });
const dayTime = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const dayOnly = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const whole = new Intl.DateTimeFormat(undefined, { weekday: "short", year: "numeric", month: "short", day: "numeric",
	hour: "2-digit", minute: "2-digit", hourCycle: "h23", second: "2-digit", timeZoneName: "short" });

export const clock = (iso: string) => clockOnly.format(Date.parse(iso));
export const clockWithSeconds = (iso: string) => clockSeconds.format(Date.parse(iso));
export function when(iso: string): string {
	const at = Date.parse(iso);
	return Math.abs(now() - at) < 20 * HOUR && new Date(at).getDate() === new Date(now()).getDate()
		? clockOnly.format(at) : Math.abs(now() - at) < 300 * DAY ? dayTime.format(at) : dayOnly.format(at);
}
/* In the viewer's zone, and in UTC. */
export const inFull = (iso: string) =>
	`${whole.format(Date.parse(iso))}\n${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
export const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;
export { MIN, HOUR, DAY };
