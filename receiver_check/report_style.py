"""CSS of the HTML report."""

STYLE = """
:root { --page: #f6f7f9; --card: #fff; --text: #1b2430; --quiet: #5b6675; --line: #e1e5ea; --code: #f0f2f5;
  --passed: #12804a; --failed: #c22f2f; --warning: #9a6200; --remark: #1f6feb; --skipped: #6b7685; }
@media (prefers-color-scheme: dark) { :root { --page: #12161c; --card: #1a2029; --text: #e6eaf0; --quiet: #9aa6b5;
  --line: #2b333f; --code: #12171e; --passed: #4cc38a; --failed: #ff7b72; --warning: #e3b341;
  --remark: #79b8ff; --skipped: #8b97a7; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, "Hiragino Sans", "Noto Sans CJK JP", "PingFang TC", sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
header { border-left: 5px solid var(--passed); padding: .25rem 0 .25rem 1.25rem; margin-bottom: 2rem; }
header.failed { border-color: var(--failed); }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0; }
.kind, .facts { color: var(--quiet); margin: 0; font-size: .85rem; }
.url { margin: .25rem 0 .75rem; overflow-wrap: anywhere; font-family: ui-monospace, monospace; }
.counts { display: flex; flex-wrap: wrap; gap: .5rem; list-style: none; padding: 0; margin: 0 0 .75rem; }
.counts li { background: var(--card); border: 1px solid var(--line); border-radius: 999px; padding: .1rem .8rem; }
.counts li.none { opacity: .55; }
.counts .passed b { color: var(--passed); } .counts .failed b { color: var(--failed); }
.counts .warning b { color: var(--warning); } .counts .remark b { color: var(--remark); }
details { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; margin-bottom: .5rem; }
summary { display: grid; grid-template-columns: 1.6rem 1fr auto 4rem; gap: .75rem; align-items: center;
  padding: .6rem .9rem; cursor: pointer; list-style: none; }
summary::-webkit-details-marker { display: none; }
summary:focus-visible { outline: 2px solid currentColor; outline-offset: 2px; border-radius: .6rem; }
.mark { font-weight: 700; text-align: center; border-radius: 50%; width: 1.6rem; line-height: 1.6rem;
  color: var(--card); background: var(--skipped); }
.passed .mark { background: var(--passed); } .failed .mark { background: var(--failed); }
.warning .mark { background: var(--warning); } .remark .mark { background: var(--remark); }
.title small { display: block; color: var(--quiet); overflow-wrap: anywhere; }
.time { color: var(--quiet); text-align: right; font-size: .85rem; font-variant-numeric: tabular-nums; }
.tag { border: 1px solid var(--line); border-radius: .3rem; padding: 0 .35rem; font-size: .75rem; }
code { font-size: .8rem; color: var(--quiet); overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: 4rem 1fr; gap: .3rem 1rem; margin: 0; padding: .5rem 1rem 1rem 3.25rem; }
dt { color: var(--quiet); } dd { margin: 0; }
figure { margin: 0; padding: 0 1rem 1rem 3.25rem; }
figcaption { font-size: .85rem; margin-bottom: .3rem; } figcaption span { color: var(--quiet); }
pre { margin: 0; padding: .7rem .9rem; background: var(--code); border: 1px solid var(--line); white-space: pre-wrap;
  overflow-wrap: anywhere; font: 12px/1.5 ui-monospace, monospace; max-height: 18rem; overflow: auto;
  border-radius: .5rem .5rem 0 0; }
pre.answer { border-top: 0; border-radius: 0 0 .5rem .5rem; }
.more { padding: 0 1rem 1rem 3.25rem; margin: 0; color: var(--quiet); }
@media (max-width: 40rem) { summary { grid-template-columns: 1.6rem 1fr; }
  summary code, summary .time { display: none; }
  dl, figure, .more { padding-left: 1rem; } }
@media print { body { background: none; } details { break-inside: avoid; } }
"""
