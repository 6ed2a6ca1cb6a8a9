/* Talks to /v1 as whoever is signed in. Answers are data: nothing of them becomes markup. */

export class ApiError extends Error {
	constructor(readonly status: number, message: string, readonly exit: number) {
		super(message);
	}
}

export interface Session { principal: string; role: string; csrf: string; until: string; how: string; id: number }
let session: Session | null = null;
export const whoIsHere = () => session;

/* In which role this browser was signed in when it was here last: then it is asked for data at
 * once, before it is known who is here. */
const HERE = "firstline.here";
let lastRole = "";
try { lastRole = localStorage.getItem(HERE) ?? ""; } catch { /* then it is asked later */ }
export const wasHere = () => lastRole !== "";
export const whoseRole = () => session?.role ?? lastRole;
function remember(role: string) {
	lastRole = role;
	try { if (role) localStorage.setItem(HERE, role); else localStorage.removeItem(HERE); } catch { /* then it is asked later */ }
}

/* What changes something, or asks in a body, goes with what the session told: a page that asks
 * while it is being opened waits for that. */
let known!: () => void;
const begun = new Promise<void>((done) => { known = done; });

/* A link "/#login=..." or "/#token=..." signs in; what it holds leaves the address at once. */
export async function begin(): Promise<boolean> {
	const here = await whoAmI();
	known();
	return here;
}
async function whoAmI(): Promise<boolean> {
	const found = /^#(login|token)=([\x21-\x7e]{1,512})$/.exec(location.hash);
	if (found) {
		history.replaceState(history.state, "", location.pathname + location.search);
		const secret = decodeURIComponent(found[2]!);
		await signIn(found[1] === "login" ? { link: secret } : { token: secret });
		return true;
	}
	const answer = await send("GET", "/v1/session", undefined, null, 20_000);
	if (answer.status === 401) {
		remember("");
		return false;
	}
	if (!answer.ok) throw await failure(answer);
	session = (await answer.json()) as Session;
	remember(session.role);
	return true;
}

/* By link, person and password, or token. A cookie that no script can read stands for it. */
export async function signIn(by: Record<string, string>) {
	const answer = await send("POST", "/v1/session", by, null, 20_000);
	if (!answer.ok) throw await failure(answer);
	session = (await answer.json()) as Session;
	remember(session.role);
	known();
}
/* The same person once more, before what is grave. */
export async function signInAgain(by: Record<string, string>) {
	const answer = await send("POST", "/v1/session/again", by, randomKey(), 20_000);
	if (!answer.ok) throw await failure(answer);
	const { session: fresh } = (await answer.json()) as { session?: Session };
	if (fresh?.csrf) session = fresh;
}
export async function signOut() {
	const answer = await send("DELETE", "/v1/session", undefined, randomKey(), 20_000);
	if (!answer.ok && answer.status !== 401) throw await failure(answer);
	signedOut();
}
export function signedOut() {
	session = null;
	remember("");
}

export function headers(more: Record<string, string> = {}): Record<string, string> {
	return session ? { "X-Firstline-CSRF": session.csrf, ...more } : more;
}

/* Asks the person to sign in once more: what is grave wants that, and so does whoever's session has ended. */
type OnceMore = (ended: boolean) => Promise<void>;
let onceMore: OnceMore = () => Promise.reject(new Error("nobody can be asked yet"));
export function askOnceMore(how: OnceMore) {
	onceMore = how;
}

/* Whatever finds that the session has ended waits for the same answer. `as`: whose it was when it was
 * asked; an answer that was long on its way may tell of one before the one that there is. */
let asking: Promise<void> | null = null;
export function comeBack(as: Session | null): Promise<void> {
	if (session && session !== as) return Promise.resolve();
	return asking ??= onceMore(true).finally(() => { asking = null; });
}

/* Another tab signed in, so the cookie is another: of the same person it is as good, of somebody else it is not. */
async function adopt(): Promise<boolean> {
	const was = session!, answer = await send("GET", "/v1/session", undefined, null, 20_000);
	if (!answer.ok) throw await failure(answer);
	const here = (await answer.json()) as Session;
	if (here.principal !== was.principal) throw new ApiError(403, `${here.principal.replace(/^person:/, "")} has signed in in another tab: nothing was done. Load this page again to go on as them`, 4);
	session = here;
	return here.csrf !== was.csrf;
}

function randomKey() {
	return [...crypto.getRandomValues(new Uint8Array(12))].map((b) => b.toString(16).padStart(2, "0")).join("");
}

export async function failure(answer: Response): Promise<ApiError> {
	const text = await answer.text().catch(() => "");
	try {
		const { error } = JSON.parse(text) as { error: { message: string; exit: number } };
		return new ApiError(answer.status, error.message, error.exit);
	} catch {
		return new ApiError(answer.status, text.trim().slice(0, 300) || `the server said ${answer.status}`, 1);
	}
}

async function send(method: string, path: string, body: unknown, key: string | null, patience: number) {
	const more: Record<string, string> = {};
	if (body !== undefined) more["Content-Type"] = "application/json";
	if (key) more["Idempotency-Key"] = key;
	if (method !== "GET" && path !== "/v1/session") await begun;
	try {
		return await fetch(path, { method, headers: headers(more), cache: "no-store", credentials: "same-origin",
			body: body === undefined ? null : JSON.stringify(body), signal: AbortSignal.timeout(patience) });
	} catch {
		throw new ApiError(0, "the server does not answer", 1);
	}
}

/* As whoever looks at the page: when that is not known there any more, it is asked for, and sent again. */
async function answered(method: string, path: string, body: unknown, key: string | null, patience: number): Promise<Response> {
	const as = session, answer = await send(method, path, body, key, patience);
	if (answer.ok) return answer;
	const error = await failure(answer);
	if (!session) throw error;
	if (error.status === 401) await comeBack(as); /* throws when it is left */
	else if (error.status !== 403 || !/X-Firstline-CSRF/.test(error.message) || !(await adopt())) throw error;
	return answered(method, path, body, key, patience);
}

export async function get<T>(path: string): Promise<T> {
	return (await answered("GET", path, undefined, null, 20_000)).json() as Promise<T>;
}

export async function getText(path: string): Promise<string> {
	return (await answered("GET", path, undefined, null, 20_000)).text();
}

/* A question in a body: changes nothing. */
export async function ask<T>(path: string, body: unknown): Promise<T> {
	return (await answered("POST", path, body, null, 20_000)).json() as Promise<T>;
}

/* Done once: an answer that got lost is asked for again with the same key. */
export async function act<T = { exit: number }>(path: string, body: unknown = {}, method = "POST"): Promise<T> {
	const key = randomKey();
	for (let tries = 0; ; tries++) {
		try {
			const answer = await answered(method, path, method === "DELETE" ? undefined : body, key, 15_000);
			return (await answer.json().catch(() => ({ exit: 0 }))) as T;
		} catch (error) {
			if (error instanceof ApiError && error.status === 403 && /sign in once more/.test(error.message)) {
				await onceMore(false); /* throws when it is left */
				tries++;
				continue;
			}
			const again = error instanceof ApiError && [0, 503, 504].includes(error.status) && tries < 2;
			if (!again) throw error;
			await new Promise((wake) => setTimeout(wake, 700 * (tries + 1)));
		}
	}
}

export interface List<T> {
	items: T[];
	cursor: string | null;
	seq: number;
	note?: string;
}

/* Page after page, up to `most` items. */
export async function all<T>(path: string, most = 5000): Promise<List<T>> {
	const items: T[] = [];
	let cursor: string | null = null;
	let seq = 0;
	do {
		const page: List<T> = await get<List<T>>(
			path + (path.includes("?") ? "&" : "?") + "limit=1000" + (cursor ? `&cursor=${cursor}` : ""));
		items.push(...page.items);
		cursor = page.cursor;
		seq ||= page.seq;
	} while (cursor && items.length < most);
	return { items, cursor, seq };
}
