"""How the page looks, on a screen and on paper."""

STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:68rem;margin:2rem auto;padding:0 1rem;color:#1b1f24}
h1{margin-bottom:.2rem}h2{margin-top:2.4rem;border-bottom:1px solid #d7dbe0;padding-bottom:.2rem}
.summary{font-size:1.1rem}.small{color:#57606a;font-size:.9rem}nav a{margin-right:.9rem}.scroll{overflow-x:auto}
.box{padding:.6rem 1rem;border-left:5px solid;margin:1rem 0}.box ul{margin:.3rem 0;padding-left:1.2rem}
.confirmed{border-color:#1a7f37;background:#eaf6ec}.not-confirmed{border-color:#9a6700;background:#fff8e1}
.contradicted{border-color:#b3261e;background:#fbecea}
table{border-collapse:collapse;margin:.8rem 0;width:100%}th{font-weight:600}
td,th{padding:.3rem .7rem .3rem 0;border-bottom:1px solid #e4e7eb;text-align:left;vertical-align:top;overflow-wrap:break-word}
td.mono,code{font-family:ui-monospace,monospace;font-size:.86em}td.mono,table.ids td{overflow-wrap:anywhere}
table.facts td:first-child{width:15rem}td.by{width:9.5rem}td.failed{color:#b3261e;font-weight:600}
.by a{display:inline-block;border:1px solid;border-radius:3px;padding:0 .3rem;margin:0 .2rem .2rem 0;font-size:.8rem}
.by a{text-decoration:none;color:#1b1f24;white-space:nowrap}tr:target{outline:2px solid #0969da}
table.ids td:first-child{width:3rem}table.ids td:nth-child(2){width:11rem}table.ids td:last-child{width:19rem;padding-left:.5rem}
@media print{body{max-width:none;margin:0}h2{break-after:avoid}tr{break-inside:avoid}}
"""
