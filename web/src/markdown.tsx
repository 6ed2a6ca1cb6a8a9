/*
 * Markdown of runbooks and case files as nodes: headings, paragraphs, lists, quotes, code,
 * tables; emphasis, code and links within them. What is not understood stays as the text it
 * is; markup of HTML is text. Only http, https and mailto become links.
 */
import type { ComponentChildren, JSX } from "preact";

const INLINE = /(`+)(.+?)\1|\*\*(.+?)\*\*|__(.+?)__|\*([^*\s](?:[^*]*[^*\s])?)\*|\[([^\]]*)\]\(\s*<?([^\s)>]+)>?(?:\s+"[^"]*")?\s*\)|<((?:https?:\/\/|mailto:)[^>\s]+)>|(https?:\/\/[^\s<>()"']+)|\\([\\`*_{}[\]()#+\-.!|>~])/g;

export function safeHref(raw: string): string | null {
	if (!/^(https?:\/\/|mailto:)/i.test(raw)) return null;
	try {
		const url = new URL(raw);
		return ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : null;
	} catch {
		return null;
	}
}

export function Out({ href, children }: { href: string; children: ComponentChildren }) {
	const safe = safeHref(href);
	return safe ? <a href={safe} rel="noopener noreferrer nofollow" target="_blank">{children}</a> : <>{children}</>;
}

function inline(text: string, depth = 0): ComponentChildren[] {
	const out: ComponentChildren[] = [];
	let at = 0;
	for (const m of text.matchAll(INLINE)) {
		if (m.index > at) out.push(text.slice(at, m.index));
		at = m.index + m[0].length;
		const within = (t: string) => (depth < 4 ? inline(t, depth + 1) : t);
		const bold = m[3] ?? m[4];
		if (m[2] !== undefined) out.push(<code>{m[2].trim()}</code>);
		else if (bold !== undefined) out.push(<strong>{within(bold)}</strong>);
		else if (m[5] !== undefined) out.push(<em>{within(m[5])}</em>);
		else if (m[7] !== undefined) out.push(<Out href={m[7]}>{within(m[6] ?? "")}</Out>);
		else if (m[8] ?? m[9]) out.push(<Out href={(m[8] ?? m[9])!}>{m[8] ?? m[9]}</Out>);
		else out.push(m[10]);
	}
	if (at < text.length) out.push(text.slice(at));
	return out;
}

export interface Fence { info: string; body: string }
const FENCE = /^( {0,3})(`{3,}|~{3,})\s*([^`]*)$/;

/* Its front matter taken off; false ends of it are text. */
export function withoutFront(text: string): string {
	const m = /^---\n[\s\S]*?\n---\n/.exec(text);
	return m ? text.slice(m[0].length) : text;
}

export function Markdown({ text, fence, top = 2 }: { text: string; fence?: (f: Fence, n: number) => JSX.Element | null; top?: number }) {
	const lines = text.replaceAll("\r\n", "\n").split("\n").slice(0, 5000);
	const out: ComponentChildren[] = [];
	let fences = 0;
	for (let i = 0; i < lines.length;) {
		const line = lines[i]!;
		const open = FENCE.exec(line);
		if (open) {
			const body: string[] = [];
			for (i++; i < lines.length && !(lines[i]!.trim().startsWith(open[2]!) && /^\s*[`~]+\s*$/.test(lines[i]!)); i++) body.push(lines[i]!);
			i++;
			const f = { info: open[3]!.trim(), body: body.join("\n") };
			out.push(fence?.(f, fences++) ?? <pre class="code" tabIndex={0}>{f.body}</pre>);
			continue;
		}
		if (/^\s*$/.test(line)) { i++; continue; }
		const head = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line);
		if (head) {
			const H = `h${Math.min(6, head[1]!.length + top - 1)}` as "h2";
			out.push(<H>{inline(head[2]!)}</H>);
			i++;
			continue;
		}
		if (/^ {4}/.test(line)) {
			const body: string[] = [];
			for (; i < lines.length && (/^ {4}/.test(lines[i]!) || (/^\s*$/.test(lines[i]!) && /^ {4}/.test(lines[i + 1] ?? ""))); i++) body.push(lines[i]!.slice(4));
			out.push(<pre class="code" tabIndex={0}>{body.join("\n")}</pre>);
			continue;
		}
		if (/^\s{0,3}(-{3,}|\*{3,}|_{3,})\s*$/.test(line)) { out.push(<hr />); i++; continue; }
		if (/^\s*>/.test(line)) {
			const body: string[] = [];
			for (; i < lines.length && /^\s*>/.test(lines[i]!); i++) body.push(lines[i]!.replace(/^\s*> ?/, ""));
			out.push(<blockquote>{inline(body.join(" "))}</blockquote>);
			continue;
		}
		const item = /^\s*([-*+]|\d{1,9}[.)])\s+/;
		if (item.test(line)) {
			const items: string[] = [];
			const ordered = /^\s*\d/.test(line);
			for (; i < lines.length && !/^\s*$/.test(lines[i]!) && !FENCE.test(lines[i]!); i++) {
				if (item.test(lines[i]!)) items.push(lines[i]!.replace(item, ""));
				else items[items.length - 1] += " " + lines[i]!.trim();
			}
			const list = items.map((t) => <li>{inline(t)}</li>);
			out.push(ordered ? <ol>{list}</ol> : <ul>{list}</ul>);
			continue;
		}
		if (line.includes("|") && /^\s*\|?[\s:|-]*-[\s:|-]*\|?\s*$/.test(lines[i + 1] ?? "")) {
			const cells = (l: string) => l.trim().replace(/^\||\|$/g, "").split("|").map((c) => c.trim());
			const names = cells(line);
			const rows: string[][] = [];
			for (i += 2; i < lines.length && lines[i]!.includes("|"); i++) rows.push(cells(lines[i]!));
			out.push(<table><thead><tr>{names.map((c) => <th>{inline(c)}</th>)}</tr></thead><tbody>{rows.map((r) => <tr>{r.map((c) => <td>{inline(c)}</td>)}</tr>)}</tbody></table>);
			continue;
		}
		const body: string[] = [];
		for (; i < lines.length && !/^\s*$/.test(lines[i]!) && !FENCE.test(lines[i]!) && !/^#{1,6}\s/.test(lines[i]!) && !(body.length > 0 && item.test(lines[i]!)); i++) body.push(lines[i]!.trim());
		out.push(<p>{inline(body.join(" "))}</p>);
	}
	return <div class="markdown">{out}</div>;
}
