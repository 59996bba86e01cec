import json, os, time_machine
from datetime import date
from tests.browser import PHONE, DESKTOP
from tests.cast import NOW
from tests.scenarios.october import AFTER_OCTOBER, OCTOBER, tell_october
from incubator.billing.operations import post_month
from incubator.subsidies.operations.schemes import add_scheme_version, create_scheme
from incubator.subsidies.operations.drafts import create_draft, Terms
from incubator.jobs.demo import policies
from sqlalchemy import select
from incubator.subsidies.models import Scheme
OUT="/tmp/wt/shots/editor"; os.makedirs(OUT, exist_ok=True)
def test_shots(live, surf):
    with time_machine.travel(AFTER_OCTOBER, tick=True):
        c=live.cast
        with live.session() as s:
            o=tell_october(s,c)
            post_month(s,c.finance,now=AFTER_OCTOBER,site_id=o.site.id,month=OCTOBER)
            y=s.execute(select(Scheme)).scalar_one(); yid=y.id
            rule={"who":{"all":[{"fact":"startup.kind","is":"company"}]},"covers":["rent"],"how":{"share":{"steps":[[12,"0.8"],[24,"0.5"]]}},"caps":[{"per":"startup","window":"quarter","amount":"1500"}],"bearer":{"kind":"government","name":"永修县"}}
            yd=create_draft(s,c.finance,now=AFTER_OCTOBER,scheme=y,terms=Terms("首年按 80%，每季度 1,500 元",rule,date(2026,11,1),source="永修县 2026 修订稿")).id
            ids={}
            for p in vars(policies).values():
                if isinstance(p, policies.Policy):
                    code = p.code if p.code!="Y" else "Y2"
                    sch=create_scheme(s,c.finance,now=NOW,code=code,name=p.name,name_en=p.name_en,issuer=p.issuer)
                    v=add_scheme_version(s,c.finance,now=NOW,scheme=sch,valid_from=date(2027,1,1),source=p.source,rule=p.rule)
                    d=create_draft(s,c.finance,now=AFTER_OCTOBER,scheme=sch,terms=Terms(p.name,p.rule,date(2027,1,1),source=p.source))
                    ids[code]=(sch.id,v.id,d.id)
        vy=None
        pages=[("list","/schemes"),("scheme",f"/schemes/{yid}"),("new",f"/schemes/{ids['P1'][0]}/drafts/new"),("edit_p1",f"/schemes/drafts/{ids['P1'][2]}/change"),("edit_p4",f"/schemes/drafts/{ids['P4'][2]}/change"),("edit_p9",f"/schemes/drafts/{ids['P9'][2]}/change"),("draft",f"/schemes/drafts/{yd}"),("compare",f"/schemes/compare?left=version-1&right=draft-{yd}"),("try",f"/schemes/try/draft-{yd}"),("tried",f"/schemes/try/draft-{yd}?site={o.site.id if False else 1}&first=2026-10&last=2026-10"),("tried12",f"/schemes/try/draft-{yd}?site=1&first=2026-08&last=2026-10&show=not_eligible"),("trywrong",f"/schemes/try/draft-{yd}?site=1&first=2026-08&last=2026-12"),("tryop",f"/schemes/try/draft-{ids['P9'][2]}?site=1&first=2026-10&last=2026-10")]
        only=os.environ.get("ONLY","").split(",") if os.environ.get("ONLY") else None
        for lang,size,tag in (("zh_Hans",DESKTOP,"zd"),("en",PHONE,"ep"),("zh_Hans",PHONE,"zp"),("en",DESKTOP,"ed")):
            if os.environ.get("TAGS") and tag not in os.environ["TAGS"]: continue
            surf.page.context.clear_cookies(); surf.sign_in(c.finance)
            surf.page.set_viewport_size(size)
            from incubator.accounts.models import Identity
            with live.session(0) as s:
                for i in s.execute(select(Identity)).scalars(): i.locale=lang
            for name,path in pages:
                if only and name not in only: continue
                r=surf.page.goto(surf.base+path)
                print(name, tag, r.status)
                try: surf.check_no_sideways_scroll()
                except AssertionError as e: print("SIDEWAYS", e)
                if tag in("zd","zp"):
                    try: surf.check_accessible()
                    except AssertionError as e: print("AXE", e)
                if name.startswith("tried") :
                    for d in surf.page.locator("details").all()[:2]: d.evaluate("e=>e.open=true")
                surf.page.screenshot(path=f"{OUT}/{name}-{tag}.png", full_page=True)
        surf.errors.clear()
