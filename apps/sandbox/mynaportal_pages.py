"""The two pages of the stand-in: asking the guardian, and refusing what is not a request."""

import html

from apps.sandbox.mynaportal_answers import NAMES

HIDDEN_FIELDS = (
    "response_type", "client_id", "redirect_uri", "state", "code_challenge",
    "code_challenge_method", "scope",
)  # fmt: skip
STYLE = """
:root { color-scheme: light dark; --ink: light-dark(#20242a, #ece8e1); --page: light-dark(#eef1f4, #15181c);
  --card: light-dark(#fff, #1f242a); --line: light-dark(#8a929c, #7d858f); --act: light-dark(#0b5a4a, #8ed6c1);
  --on: light-dark(#fff, #10241f); --warn: light-dark(#fdf3d9, #37301d); }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); word-break: auto-phrase; overflow-wrap: anywhere;
  font: 1.0625rem/1.75 "BIZ UDPGothic", "Hiragino Sans", "Noto Sans JP", system-ui, sans-serif; }
.warn { background: var(--warn); margin: 0; padding: .75rem 1.25rem; text-align: center; font-weight: 700; }
main { max-width: 40rem; margin: 0 auto; padding: 1.5rem 1.25rem 3rem; }
h1 { font-size: 1.4em; line-height: 1.5; } h2 { font-size: 1.1em; margin: 0 0 .5rem; }
section, fieldset { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1.1rem; margin: 0 0 1.25rem; }
ul { padding-inline-start: 1.3em; margin: .5rem 0 0; } legend { font-weight: 700; padding: 0 .3rem; }
label { display: flex; gap: .75rem; align-items: center; min-height: 3rem; }
input { width: 1.5rem; height: 1.5rem; accent-color: var(--act); flex: none; margin: 0; }
button { display: block; width: 100%; min-height: 3.5rem; font: inherit; font-weight: 700; border-radius: .5rem; cursor: pointer;
  border: 2px solid var(--act); margin-bottom: .75rem; background: var(--card); color: var(--act); }
button[value=allow] { background: var(--act); color: var(--on); }
:focus-visible { outline: 4px solid var(--ink); outline-offset: 2px; box-shadow: 0 0 0 2px #ffd43d; }
details summary { min-height: 3rem; padding: .6rem 0; cursor: pointer; }
"""
_PAGE = """<!doctype html>
<html lang="ja"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}(体験用の代役)</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/style.css"></head>
<body><header><p class="warn">体験用の代役です。本物のマイナポータルではありません。</p></header>
<main>{main}</main></body></html>
"""
_ASK = """<h1>カードを読み取って、わたしてよいか決めてください</h1>
<section><h2>加賀ポータルが受け取りたいもの</h2><ul>{wanted}</ul></section>
<section><h2>ここではカードを使いません</h2><p>本物では、マイナンバーカードを読み取り、暗証番号を入れます。この代役では、下のボタンを押すと「読み取ったこと」になります。12けたの番号は、入れるところがありません。</p></section>
<form method="post" action="/authorise">{hidden}
<details><summary>どんな答えが出てくるかをえらぶ(体験用)</summary><fieldset><legend>答え</legend>{variants}</fieldset></details>
<button name="answer" value="allow">カードを読み取ったことにして、わたす</button>
<button name="answer" value="deny">わたさない</button></form>
"""


def consent_page(query, variants):
    """The page on which the trial's guardian "reads the card" and answers."""
    wanted = "".join(
        f"<li>{_safe(NAMES.get(code, 'わからないコード'))} <small>{_safe(code)}</small></li>"
        for code in query["scope"].split()
    )
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{_safe(query[name])}">'
        for name in HIDDEN_FIELDS
    )
    radios = "".join(
        f'<label><input type="radio" name="variant" value="{name}"{" checked" * (n == 0)}>{_safe(label)}</label>'
        for n, (name, label) in enumerate(variants.items())
    )
    main = _ASK.format(wanted=wanted, hidden=hidden, variants=radios)
    return _PAGE.format(title="カードの読み取り", main=main)


def refusal_page(problem):
    """The page that says what is wrong with a request."""
    main = f"<h1>この たのみは 受け付けられません</h1><section><p>{_safe(problem)}</p></section>"
    return _PAGE.format(title="受け付けられません", main=main)


def _safe(text):
    return html.escape(str(text), quote=True)
