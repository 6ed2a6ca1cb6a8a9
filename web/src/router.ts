/* The address is the whole state of a page: what is shown can be sent to somebody. */
import { useEffect, useState } from "preact/hooks";

const watchers = new Set<() => void>();
const changed = () => watchers.forEach((f) => f());

export function go(to: string, replace = false) {
	if (to === location.pathname + location.search) return;
	history[replace ? "replaceState" : "pushState"]({}, "", to);
	if (!replace) document.querySelector("main")?.scrollTo(0, 0);
	changed();
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
	addEventListener("popstate", changed);
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
