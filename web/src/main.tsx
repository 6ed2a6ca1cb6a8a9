import { render } from "preact";
import { useEffect, useErrorBoundary } from "preact/hooks";
import { ApiError, askOnceMore, begin, signInAgain, wasHere, whoIsHere } from "./api";
import { Login } from "./login";
import { Frame, startTheme } from "./frame";
import { startKeys } from "./keys";
import { follow, live, look, refuse } from "./live";
import { pages, readRest } from "./pages";
import { startRouter, useAddress } from "./router";
import { useStore } from "./store";
import { Empty, Failed, person, question } from "./ui";
import "./style.css";

function Page() {
	const { path } = useAddress();
	const page = pages.find((p) => p.path === path) ?? pages.find((p) => p.path !== "/" && path.startsWith(`${p.path}/`));
	const [broken, mend] = useErrorBoundary();
	useEffect(() => mend(), [path]);
	useEffect(() => { if (page) document.title = `${page.name} · Firstline`; }, [page]);
	if (broken) return <Failed error={broken} again={mend} />;
	if (!page) return <Empty title="There is no such page"><p><a href="/">To the duty board</a></p></Empty>;
	let rest = "";
	try {
		rest = decodeURIComponent(path.slice(page.path.length).replace(/^\//, ""));
	} catch { /* shown as not there */ }
	const View = page.view;
	return <View rest={rest} />;
}

function App() {
	useStore(live);
	return live.link === "denied" ? <Login /> : <Frame><Page /></Frame>;
}

/* The board first; what other pages need comes while it is looked at, so that it is here when the server is not. */
if (location.pathname === "/") addEventListener("load", () => setTimeout(() => void readRest().catch(() => {}), 1500));
else void readRest().catch(() => {});

askOnceMore(() => new Promise((done, fail) => {
	const token = whoIsHere()?.how === "token";
	question({ title: "Sign in once more", yes: "Go on", text: "What is grave asks again who you are.", left: () => fail(new Error("Not signed in once more: nothing was done")),
		fields: [{ name: token ? "token" : "password", label: token ? "Token" : "Password", need: true, secret: true }],
		run: async (v) => { await signInAgain(token ? v : { person: person(whoIsHere()?.principal ?? ""), ...v }); done(); } });
}));
startTheme();
startRouter();
startKeys();
const wait = (ms: number) => new Promise((wake) => setTimeout(wake, ms));
async function signInAndFollow() {
	for (;;) {
		try {
			if (await begin()) void follow();
			else refuse("");
			return;
		} catch (error) {
			if (error instanceof ApiError && [400, 401, 403, 422, 429].includes(error.status)) return refuse(error.message);
			await wait(1000); /* it is not there yet */
		}
	}
}
if (wasHere() && !location.hash) look();
void signInAndFollow();
const place = document.getElementById("app")!;
place.replaceChildren();
render(<App />, place);
