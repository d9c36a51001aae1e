"""The endings by which a term such as `example.com` is read as a domain; `node.js` and `Dr.Oetker` are words."""

from __future__ import annotations

_GENERIC = """
academy agency ai app art audio bank beauty beer bike biz blog boutique brand build business cafe camera camp care cars
cash center chat city cloud club coffee com community company computer cool coop design dev digital direct eco edu
education email energy engineering events expert express family fashion fish fitness food foundation fun fund fyi
gallery game games garden gift global gmbh gold gov green group guide health help host hotel house inc info ink int
investments jobs kitchen land law legal life link live llc love ltd market marketing media mil mobi money movie museum
name net network news online org page parts pet photo photography photos pizza plus press pro productions pub
restaurant rocks run sale school science services shop show site ski social software solutions space sport store studio
style support systems team tech technology tel toys trade training travel tube university vip vision watch
web website wiki wine work works world wtf xxx xyz yoga zone
"""
_COUNTRIES = """
ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz ca cc cd cf cg
ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gb gd ge gf gg gh
gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr
kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf
ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sk sl sm
sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz va vc ve vg vi vn vu wf
ws ye yt za zm zw
"""

ENDINGS = frozenset((_GENERIC + _COUNTRIES).split())
