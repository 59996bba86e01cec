"""The fields of help that most incubators need: Chinese name, English name, other words. Pure."""

from __future__ import annotations

_LINES = """
商业模式|Business model|盈利模式、商业计划、商业画布|BP, business plan, revenue model
战略规划|Strategy|发展战略、战略|roadmap, OKR
融资|Fundraising|投融资、股权融资、天使轮、A轮、路演、估值、投资人|pitch, pitch deck, VC, investors, valuation
股权架构|Equity structure|股权结构、股权设计、股权激励、期权、持股平台|cap table, ESOP, stock options
知识产权|Intellectual property|专利、商标、著作权、软著、发明专利、侵权|IP, patents, trademarks, copyright
财税|Finance and tax|财务、税务、记账、税收筹划、研发费用加计扣除、审计|accounting, bookkeeping, tax
法务合规|Legal and compliance|法律、合同、合规、劳动纠纷、诉讼|contracts, legal, compliance
市场营销|Marketing|品牌、推广、获客、新媒体、公关、私域|branding, growth hacking, PR
销售与渠道|Sales and channels|渠道、销售、大客户、分销、招投标、电商|sales, channels, key accounts, e-commerce
产品设计|Product design|产品、用户体验、工业设计、交互设计、需求分析|UX, UI, industrial design, product management
技术架构|Software architecture|架构、后端、云计算、微服务、软件开发|cloud, backend, DevOps, software engineering
人工智能|Artificial intelligence|大模型、机器学习、深度学习、算法、计算机视觉|AI, LLM, machine learning, computer vision
智能硬件与供应链|Hardware and supply chain|供应链、智能硬件、量产、开模、打样|hardware, supply chain, OEM
芯片与电子|Chips and electronics|芯片、集成电路、半导体、嵌入式、传感器|IC, semiconductors, embedded, sensors
机器人与自动化|Robotics and automation|机器人、自动化、运动控制、无人机|robots, drones, motion control
新材料与新能源|New materials and energy|新材料、新能源、电池、储能、光伏|batteries, energy storage, photovoltaics
生物医药|Biotech and pharma|生物技术、新药、临床试验、临床、基因|biotech, pharma, clinical trials
医疗器械注册|Medical device registration|医疗器械、注册证、二类证、三类证、药监|NMPA, FDA, 510(k), medical device
人力资源|Human resources|招聘、团队建设、绩效、薪酬、社保|HR, hiring, recruiting
创始人成长|Founder coaching|领导力、合伙人关系、教练|leadership, coaching, co-founder
政策申报|Policy and grants|政府补贴、项目申报、专项资金、创业补贴、科技项目|grants, government funding, subsidies
高新认定|High-tech certification|高新技术企业、国高、高企认定、科技型中小企业、专精特新|high-tech enterprise
出海|Going global|跨境电商、海外市场、国际化、外贸|ODI, overseas, export, cross-border
数据安全|Data security|网络安全、等保、个人信息保护、数据合规、隐私|GDPR, PIPL, cybersecurity, privacy
质量与认证|Quality and certification|质量管理、体系认证、3C认证、检测|ISO, CCC, CE, quality, certification
资本运作与上市|Exits and listing|上市、并购、科创板、北交所|IPO, M&A, mergers
"""

DEFAULT_FIELDS: tuple[tuple[str, str, tuple[str, ...]], ...] = tuple(
    (name, name_en, (*words.split("、"), *words_en.split(", ")))
    for name, name_en, words, words_en in (line.split("|") for line in _LINES.strip().splitlines())
)
