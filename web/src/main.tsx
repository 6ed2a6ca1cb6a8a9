import { render } from "preact";
import { useEffect, useErrorBoundary } from "preact/hooks";
import { ApiError, askOnceMore, begin, signIn, signInAgain, signedOut, wasHere, whoIsHere } from "./api";
import { Login } from "./login";
import { Frame, startTheme } from "./frame";
import { startKeys } from "./keys";
import { away, follow, live, look, refuse, startAnew } from "./live";
import { pages, readRest } from "./pages";
import { startRouter, useAddress } from "./router";
import { turn, useStore } from "./store";
import { Astray, Failed, person, question } from "./ui";
import "./style.css";

function Page() {
	const { path } = useAddress();
	const page = pages.find((p) => p.path === path) ?? pages.find((p) => p.deep && path.startsWith(`${p.path}/`));
	const [broken, mend] = useErrorBoundary();
	useEffect(() => mend(), [path]);
	useEffect(() => { if (page) document.title = `${page.name} · Firstline`; }, [page]);
	if (broken) return <Failed error={broken} again={mend} />;
	if (!page) return <Astray title="There is no such page" to="/" name="The duty board"><p>{path}</p></Astray>;
	let rest = "";
	try {
		rest = decodeURIComponent(path.slice(page.path.length).replace(/^\//, ""));
	} catch {
		return <Astray title="This address is broken" to={page.path} name={page.name}><p>A <code>%</code> in it is not followed by what belongs there: {path}</p></Astray>;
	}
	const View = page.view;
	return <View rest={rest} />;
}

function App() {
	useStore(live, () => live.link === "denied");
	return live.link === "denied" ? <Login /> : <Frame><Page /></Frame>;
}

/* The board first; what other pages need comes while it is looked at, so that it is here when the server is not. */
if (location.pathname === "/") addEventListener("load", () => setTimeout(() => void readRest().catch(() => {}), 1500));
else void readRest().catch(() => {});

/* Over what is being written, so that it is not lost; only who wrote it goes on with it. */
askOnceMore((ended) => new Promise((done, fail) => {
	const who = whoIsHere(), token = who?.how === "token";
	question({ title: ended ? "Sign in again" : "Sign in once more", yes: "Go on",
		text: ended ? `The session of ${person(who?.principal ?? "")} has ended. What you see and what you have written stays.` : "What is grave asks again who you are.",
		left: () => {
			fail(new Error(ended ? "Not signed in: nothing was done" : "Not signed in once more: nothing was done"));
			if (!ended) return;
			signedOut();
			startAnew();
		},
		fields: [{ name: token ? "token" : "password", label: token ? "Token" : "Password", need: true, secret: true }],
		run: async (v) => {
			await (ended ? signIn : signInAgain)(token ? v : { person: person(who?.principal ?? ""), ...v });
			if (whoIsHere()?.principal === who?.principal) done();
			else location.reload();
		} });
}));
const wait = (ms: number) => new Promise((wake) => setTimeout(wake, ms));
async function signInAndFollow() {
	for (;;) {
		try {
			if (await begin()) void follow();
			else refuse("");
			return;
		} catch (error) {
			if (error instanceof ApiError && [400, 401, 403, 422, 429].includes(error.status)) return refuse(error.message);
			if (error instanceof ApiError && error.status === 507) away(error.message);
			await wait(1000); /* it is not there yet, or without its store */
		}
	}
}
/* In small pieces, so that a slow phone does not stand still meanwhile; what is asked for first. */
async function start() {
	if (wasHere() && !location.hash) look();
	void signInAndFollow();
	await turn();
	startTheme();
	startRouter();
	startKeys();
	await turn();
	const place = document.getElementById("app")!;
	place.replaceChildren();
	render(<App />, place);
}
void start();
