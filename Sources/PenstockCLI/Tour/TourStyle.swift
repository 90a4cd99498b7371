/// The look of the tour's report: light and dark as the reader has it, one column on narrow screens, plain on paper.
enum TourStyle {
    static let css = colours + layout + charts + tables + paper

    private static let colours = """
        :root { color-scheme: light dark;
          --bg:#f6f5f1; --card:#ffffff; --ink:#1b2327; --soft:#56636a; --line:#dedbd3; --track:#eceae4;
          --water:#0d6a8a; --bad:#b34418; --good:#13775b; --noise:#98a2a6; --held:#c9a227; --wash:#e6f1f4; }
        @media (prefers-color-scheme: dark) { :root {
          --bg:#0f1518; --card:#172025; --ink:#e6ecee; --soft:#9dacb3; --line:#2a363c; --track:#2b3940;
          --water:#63bfde; --bad:#f0895b; --good:#56c79e; --noise:#74828a; --held:#d9b64a; --wash:#15303a; } }

        """

    private static let layout = """
        * { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; }
        body { margin:0; background:var(--bg); color:var(--ink); font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif; }
        main { max-width:1080px; margin:0 auto; padding:40px 28px 56px; }
        h1 { font-size:clamp(26px,4.4vw,42px); line-height:1.12; letter-spacing:-.02em; margin:.2em 0 .5em; max-width:20em; }
        h2 { font-size:clamp(20px,2.6vw,26px); line-height:1.2; letter-spacing:-.01em; margin:0 0 .35em; }
        p { margin:.4em 0 1em; max-width:68ch; }
        section { background:var(--card); border:1px solid var(--line); border-radius:14px; padding:26px 28px 22px; margin:20px 0 0; }
        .kicker { color:var(--water); font-weight:650; font-size:13px; letter-spacing:.08em; text-transform:uppercase; margin:0 0 6px; }
        .soft, figcaption, .sub { color:var(--soft); }
        figcaption, .sub { font-size:13.5px; }
        figure { margin:18px 0 6px; }
        .hero { display:grid; grid-template-columns:auto 1fr; gap:28px; align-items:center; }
        .big { font-size:clamp(64px,11vw,124px); line-height:.95; font-weight:750; letter-spacing:-.045em; color:var(--good); font-variant-numeric:tabular-nums; }
        .facts { display:grid; grid-template-columns:repeat(4,1fr); gap:1px; background:var(--line); border:1px solid var(--line); border-radius:12px; overflow:hidden; margin:26px 0 0; }
        .facts div { background:var(--card); padding:14px 16px; }
        .facts b { display:block; font-size:22px; line-height:1.2; font-variant-numeric:tabular-nums; }
        .facts span { display:block; color:var(--soft); font-size:13px; line-height:1.35; margin-top:3px; }
        code, pre { font:12.5px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace; }
        pre { overflow-x:auto; background:var(--bg); border:1px solid var(--line); border-radius:8px; padding:12px 14px; margin:8px 0; }
        details { margin:14px 0 4px; } summary { cursor:pointer; color:var(--water); font-weight:600; }
        .said { border-left:3px solid var(--water); background:var(--wash); border-radius:0 8px 8px 0; padding:10px 14px; margin:6px 0 0; font-size:14.5px; overflow-wrap:anywhere; }
        .refusal { padding:14px 0; border-top:1px solid var(--line); } .refusal:first-of-type { border-top:0; }
        .refusal code { overflow-wrap:anywhere; color:var(--soft); }
        footer { color:var(--soft); font-size:13.5px; margin:26px 4px 0; }
        footer p { max-width:none; margin:.3em 0; }

        """

    private static let charts = """
        .row { display:grid; grid-template-columns:minmax(230px,300px) 1fr 118px; gap:4px 16px; align-items:center; padding:3px 0; }
        .row .lab { font-size:14.5px; line-height:1.3; } .row .lab .sub { display:block; font-size:12.5px; }
        .row .val { text-align:right; font-weight:650; font-size:14.5px; line-height:1.25; font-variant-numeric:tabular-nums; }
        .row .val .sub { display:block; font-weight:400; font-size:12.5px; }
        svg { display:block; width:100%; overflow:visible; }
        .track { fill:var(--track); } .b-bad { fill:var(--bad); } .b-good { fill:var(--good); } .b-water { fill:var(--water); }
        .b-noise { fill:var(--noise); } .b-held { fill:var(--held); } .b-before { fill:var(--water); opacity:.22; }
        .grid { stroke:var(--line); stroke-width:1; } .one { stroke:var(--ink); stroke-width:1.5; }
        .whisker { stroke:var(--ink); stroke-width:1.5; }
        .tick { fill:var(--soft); font-size:12px; font-family:inherit; font-variant-numeric:tabular-nums; }
        .key { display:flex; flex-wrap:wrap; gap:4px 18px; font-size:13px; color:var(--soft); margin:8px 0 2px; }
        .key i { display:inline-block; width:11px; height:11px; border-radius:3px; margin-right:6px; vertical-align:-1px; }

        """

    private static let tables = """
        table { border-collapse:collapse; width:100%; font-size:14px; margin:14px 0 4px; }
        th { text-align:left; color:var(--soft); font-weight:600; font-size:12.5px; vertical-align:bottom; }
        th, td { padding:8px 10px 8px 0; border-bottom:1px solid var(--line); vertical-align:top; }
        td.n, th.n { text-align:right; font-variant-numeric:tabular-nums; white-space:nowrap; }
        tr:last-child td { border-bottom:0; }
        td .sub { display:block; line-height:1.4; margin-top:2px; }
        .quiet { color:var(--soft); } .worse { color:var(--bad); font-weight:650; } .better { color:var(--good); font-weight:650; }
        @media (max-width:720px) {
          main { padding:24px 14px 36px; } section { padding:20px 16px 16px; border-radius:12px; }
          .hero { grid-template-columns:1fr; gap:6px; } .facts { grid-template-columns:1fr 1fr; }
          .row { grid-template-columns:1fr auto; padding:7px 0; align-items:start; } .row svg { grid-column:1 / -1; grid-row:2; }
          .row.axis .lab, .row.axis .val { display:none; }
          table, tbody, tr, td { display:block; } thead { display:none; }
          tr { padding:12px 0; border-bottom:1px solid var(--line); } tr:last-child { border-bottom:0; }
          td, td.n { border:0; padding:2px 0; display:flex; justify-content:space-between; gap:16px; text-align:right; white-space:normal; }
          td::before { content:attr(data-label); color:var(--soft); text-align:left; flex:none; }
          td.title { display:block; text-align:left; font-weight:600; padding-bottom:4px; } td.title::before { content:none; }
          td.title .sub { font-weight:400; }
        }

        """

    private static let paper = """
        @media print {
          :root { color-scheme:light; --bg:#ffffff; --card:#ffffff; --ink:#000000; --soft:#444444; --line:#bbbbbb; --track:#eeeeee;
            --water:#0d6a8a; --bad:#b34418; --good:#13775b; --noise:#98a2a6; --wash:#f2f7f9; }
          * { print-color-adjust:exact; -webkit-print-color-adjust:exact; }
          body { font-size:11pt; } main { padding:0; max-width:none; } section { border:0; padding:14px 0; }
          .row, .refusal, tr { break-inside:avoid; } h2 { break-after:avoid; } pre { white-space:pre-wrap; overflow-wrap:anywhere; }
        }
        """
}
