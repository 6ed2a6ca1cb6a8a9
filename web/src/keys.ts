/* Keys: single letters, "g b" pairs, and what Ctrl-K finds. Everything listed here works. */
import { useEffect } from "preact/hooks";
import { mayDo, whyNot } from "./roles";
import { Store } from "./store";
import { say } from "./ui";

export interface Command {
	id: string;
	label: string;
	group: string;
	keys?: string; /* "a", "g b", "Ctrl-K" */
	words?: string; /* found by these too */
	run: () => void;
	quiet?: boolean; /* not in the palette */
	deed?: boolean; /* changes something: not every role does that */
	barred?: boolean; /* not by whoever is here: its key says why not */
}

class Commands extends Store {
	list: Command[] = [];
	layers: Command[][] = [];
}
export const commands = new Commands();

/* As long as the component is there. The latest layer wins a key. */
export function useCommands(list: Command[], inputs: unknown[]) {
	useEffect(() => {
		commands.layers.push(list);
		commands.changed();
		return () => {
			commands.layers = commands.layers.filter((l) => l !== list);
			commands.changed();
		};
	}, inputs);
}

export function allCommands(): Command[] {
	const seen = new Set<string>();
	return commands.layers.toReversed().flat().filter((c) => !seen.has(c.id) && seen.add(c.id))
		.map((c) => (c.deed && !mayDo() ? { ...c, barred: true, run: () => say(whyNot(), { bad: true }) } : c));
}

let pending = "";
let pendingTimer = 0;

function isTyping(target: EventTarget | null) {
	return target instanceof HTMLElement && (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName));
}

export function startKeys() {
	addEventListener("keydown", (event) => {
		if (event.defaultPrevented) return;
		const ctrl = event.ctrlKey || event.metaKey;
		if (ctrl && event.key.toLowerCase() === "k") {
			event.preventDefault();
			allCommands().find((c) => c.id === "palette")?.run();
			return;
		}
		if (ctrl || event.altKey || isTyping(event.target) || document.querySelector("dialog[open]")) return;
		const key = event.key;
		const sequence = pending ? `${pending} ${key}` : key;
		const found = allCommands().find((c) => c.keys === sequence);
		clearTimeout(pendingTimer);
		pending = "";
		if (found) {
			event.preventDefault();
			found.run();
			return;
		}
		if (key === "g") {
			pending = "g";
			pendingTimer = window.setTimeout(() => { pending = ""; }, 1200);
		}
	});
}
