/* Something that changes, and who looks at it. Many changes at once are drawn once. */
import { useEffect, useState } from "preact/hooks";

/* The browser's turn: what follows is a task of its own. (A timer would be held back where the page is not seen.) */
const turns = new MessageChannel(), waiting: (() => void)[] = [];
turns.port1.onmessage = () => waiting.shift()?.();
export const turn = () => new Promise<void>((go) => {
	waiting.push(go);
	turns.port2.postMessage(0);
});
const SLICE_MS = 4; /* of work without one */

export class Store {
	version = 0;
	private watchers = new Set<() => void>();
	private timer = 0;
	private drawn = 0;

	/* So long apart at least, in a storm of changes; 0: each is drawn at once. */
	constructor(private pause = 0) {}

	changed() {
		this.version++;
		if (this.pause === 0) {
			this.watchers.forEach((f) => f());
			return;
		}
		if (this.timer) return;
		const wait = Math.max(0, this.drawn + this.pause - performance.now());
		this.timer = window.setTimeout(() => void this.tell(), wait);
	}

	/* One after another, each drawn by itself: a slow phone is not held up by all of them at once. */
	private async tell() {
		let began = this.drawn = performance.now();
		this.timer = 0;
		for (const f of [...this.watchers]) {
			if (!this.watchers.has(f)) continue;
			f();
			await null; /* it is drawn meanwhile */
			if (performance.now() - began < SLICE_MS) continue;
			await turn();
			began = performance.now();
		}
	}

	watch(f: () => void) {
		this.watchers.add(f);
		return () => void this.watchers.delete(f);
	}
}

/* Drawn with what `of` picks, and again when that is something else; without it at every change. */
export function useStore(store: Store, of: () => unknown = () => store.version) {
	const [, draw] = useState<unknown>(of);
	const shown = of();
	useEffect(() => {
		/* What changed between the drawing and now told nobody yet. */
		if (of() !== shown) draw(of);
		return store.watch(() => draw(of));
	}, [store]);
}

/* A page comes in pieces, one with each frame: from 0 to `last`, and stays there. */
export function usePiece(last: number): number {
	const [at, go] = useState(0);
	useEffect(() => { if (at < last) go(at + 1); }, [at]);
	return at;
}

/* The time, for what counts down. */
class Clock extends Store {
	constructor(ms: number) {
		super();
		setInterval(() => this.changed(), ms);
	}
}
export const seconds = new Clock(1000);
export const quarters = new Clock(15_000);
