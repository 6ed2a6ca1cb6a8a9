/* The pages there are, in the order of the rail. */
import type { ComponentType } from "preact";
import { Board } from "./board";
import { Incidents } from "./incidents";

export interface Page {
	path: string;
	name: string;
	icon: string;
	key: string;
	view: ComponentType<{ rest: string }>; /* rest: what follows its path, decoded */
}

export const pages: Page[] = [
	{ path: "/", name: "Duty board", icon: "board", key: "b", view: Board },
	{ path: "/incidents", name: "Incidents", icon: "incidents", key: "i", view: Incidents },
];
