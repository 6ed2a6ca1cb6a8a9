/* The address is the whole state of a page: what is shown can be sent to somebody. */
import { useEffect, useState } from "preact/hooks";

const watchers = new Set<() => void>();
const changed = () => watchers.forEach((f) => f());

const scroller = () => document.querySelector("main");

export function go(to: string, replace = false) {
	if (to === location.pathname + location.search) return;
	/* Where it was left, for who comes back. */
	if (!replace) history.replaceState({ top: scroller()?.scrollTop ?? 0 }, "");
	history[replace ? "replaceState" : "pushState"]({}, "", to);
	if (!replace) scroller()?.scrollTo(0, 0);
	changed();
}

/* As soon as the page is that long again, unless somebody moves about on it before. */
const BACK_MS = 5000;
function scrollBack(top: number) {
	const end = performance.now() + BACK_MS, moved = new AbortController();
	for (const how of ["wheel", "pointerdown", "keydown", "popstate"]) addEventListener(how, () => moved.abort(), { signal: moved.signal });
	const look = () => {
		if (moved.signal.aborted) return;
		scroller()?.scrollTo(0, top);
		if ((scroller()?.scrollTop ?? top) < top - 1 && performance.now() < end) requestAnimationFrame(look);
		else moved.abort();
	};
	requestAnimationFrame(look);
}

/* One member of the query; "" takes it away. */
export function setQuery(changes: Record<string, string>, replace = true) {
	const query = new URLSearchParams(location.search);
	for (const [name, value] of Object.entries(changes)) {
		if (value) query.set(name, value);
		else query.delete(name);
	}
	const text = query.toString();
	go(location.pathname + (text ? `?${text}` : ""), replace);
}

export function useAddress() {
	const [, draw] = useState(0);
	useEffect(() => {
		const f = () => draw((n) => n + 1);
		watchers.add(f);
		return () => void watchers.delete(f);
	}, []);
	return { path: location.pathname, query: new URLSearchParams(location.search) };
}

export function startRouter() {
	addEventListener("popstate", (event) => {
		changed();
		scrollBack(Number((event.state as { top?: number } | null)?.top ?? 0));
	});
	document.addEventListener("click", (event) => {
		if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
		const link = (event.target as Element).closest?.("a[href]");
		if (!(link instanceof HTMLAnchorElement) || link.target || link.hasAttribute("download")) return;
		if (link.origin !== location.origin || link.pathname.startsWith("/v1/") || link.pathname.startsWith("/assets/")) return;
		if (link.hash && link.pathname === location.pathname && link.search === location.search) return;
		event.preventDefault();
		go(link.pathname + link.search);
	});
}

export const seg = (name: string | number) => encodeURIComponent(String(name));
