import { useEffect } from "preact/hooks";
import { hold, live } from "./live";
import { useStore } from "./store";
import { Loading } from "./ui";

export function IncidentPage({ id }: { id: number }) {
	useStore(live);
	useEffect(() => hold(id), [id]);
	const whole = live.details.get(id);
	return whole ? <h1>{whole.incident.title}</h1> : <Loading what={`Incident ${id}`} />;
}
