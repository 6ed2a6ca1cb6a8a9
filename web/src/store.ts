/* Something that changes, and who looks at it. Many changes at once are drawn once. */
import { useEffect, useState } from "preact/hooks";

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
		this.timer = window.setTimeout(() => {
			this.timer = 0;
			this.drawn = performance.now();
			this.watchers.forEach((f) => f());
		}, wait);
	}

	watch(f: () => void) {
		this.watchers.add(f);
		return () => void this.watchers.delete(f);
	}
}

export function useStore(store: Store) {
	const [, draw] = useState(0);
	const shown = store.version;
	useEffect(() => {
		/* What changed between the drawing and now told nobody yet. */
		if (store.version !== shown) draw((n) => n + 1);
		return store.watch(() => draw((n) => n + 1));
	}, [store]);
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
