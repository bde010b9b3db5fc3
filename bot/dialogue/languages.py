"""How dialogue acts and questions are worded in German, French, Spanish, Italian, Portuguese and Dutch.

As in `phrases`, a pattern is of a whole message in lower case without punctuation and accents.
"""

from __future__ import annotations

_PLEASE = (
    r"(?:bitte|mal|kurz|s'il (?:te|vous) plait|svp|stp|por favor|per favore|per piacere|alsjeblieft|alstublieft"
    r"|graag|even)"
)
_CAN_YOU = (
    r"(?:kannst du|konnen sie|konntest du|konnten sie|peux-tu|pouvez-vous|tu peux|vous pouvez|puedes|puede"
    r"|podrias|puoi|potresti|podes|pode|voce pode|kun je|kunt u|zou je)"
)
_BUT = r"(?:und|aber|et|mais|y|pero|e|ma|mas|en|maar|ok|okay)"
_OK = r"(?:(?:ok|okay|gut|super|prima|alles klar|d'accord|vale|va bene|oke) )+"
_I = r"(?:(?:dann|ich|wir|je|on|nous|lo|se lo|io|eu|ik) )"
_DO = (
    r"(?:sage?|frage?|mache?n?|buche?|schicke?|gebe?|werde|vais|va|allons|dis|digo|voy|vamos|dico|vado|vou|zal"
    r"|ga|zeg)"
)

POLITE = rf"^(?:{_PLEASE}\s|{_CAN_YOU}\s)+|\s{_PLEASE}$"
"""Words of politeness around what is said."""

ACTS: dict[str, tuple[str, ...]] = {
    "stop": (
        r"hor auf|sei (?:still|ruhig)|ruhe|schluss(?: jetzt)?|stopp|halt|antworte (?:hier )?nicht(?: mehr)?"
        r"|arrete(?:-toi)?|tais-toi|silence|ca suffit|callate|silencio|para ya|deja de (?:responder|escribir)"
        r"|smettila|fermati|zitto|silenzio|cala-te|chega|hou op|wees stil|stil",
    ),
    "help": (
        r"hilfe|ich brauche (?:deine |ihre |etwas )?hilfe|(?:mir |uns )?helfen|hilf (?:mir|uns)"
        r"|wie (?:funktioniert|geht) (?:das|es|dies)|wie funktionierst du|wie (?:benutze|verwende"
        r"|frage) ich dich",
        r"aide|aide[zr]?-(?:moi|nous)|j'ai besoin d'aide|m'aider|comment (?:ca|cela) (?:marche|fonctionne)"
        r"|comment t'utiliser|ayuda|ayudame|necesito ayuda|(?:me )?ayudar(?:me)?|como (?:funciona"
        r"|se usa)(?: esto)?",
        r"aiuto|aiutami|aiutarmi|ho bisogno di aiuto|come funzioni|come (?:funziona|si usa)(?: questo)?|ajuda"
        r"|preciso de ajuda|ajudar(?:-me)?|me ajudar|hulp|help (?:mij|me)|(?:mij|me) helpen|hoe werkt (?:dit|het"
        r"|dat)",
    ),
    "identity": (
        r"wer (?:bist du|sind sie)(?: eigentlich)?|was bist du|wie heisst du|bist du (?:ein |eine )?(?:bot"
        r"|roboter|mensch|ki|maschine|echt)|qui (?:es-tu|etes-vous)|tu es qui|t'es qui|comment (?:tu t'appelles"
        r"|t'appelles-tu)|(?:es-tu|tu es) un(?:e)? (?:robot|bot|humain|machine|ia)",
        r"quien eres|que eres|como te llamas|eres (?:un |una )?(?:bot|robot|humano|persona|maquina|ia)|chi sei"
        r"|(?:che )?cosa sei|come ti chiami|sei un (?:bot|robot|umano)|quem (?:es tu|e voce)|como te chamas"
        r"|(?:es|voce e) um (?:bot|robo|humano)|wie ben (?:je|jij)|wat ben (?:je|jij)|hoe heet (?:je|jij)"
        r"|ben (?:je|jij) een (?:bot|robot|mens)",
    ),
    "ability": (
        r"was (?:kannst du|konnen sie|weisst du)(?: alles| so| eigentlich| fur mich)*(?: tun| machen)?"
        r"|was kann ich (?:dich |sie |hier )?(?:alles )?fragen|wobei kannst du (?:mir )?helfen",
        r"que (?:sais-tu|peux-tu|savez-vous|pouvez-vous) faire|qu'est-ce que tu (?:sais|peux) faire"
        r"|tu sais faire quoi|que puis-je (?:te |vous )?demander|que (?:puedes|sabes)(?: hacer)?|que (?:te puedo"
        r"|puedo) preguntar(?:te)?|en que (?:me )?puedes ayudar(?:me)?",
        r"(?:che )?cosa (?:sai|puoi) fare|(?:che )?cosa posso chiederti|o que (?:podes|pode|sabes|sabe|voce pode"
        r"|voce sabe|consegues) fazer|o que posso perguntar|wat (?:kun|kan) (?:je|jij)(?: allemaal)?(?: doen)?"
        r"|wat weet (?:je|jij)|wat kan ik (?:je )?vragen",
    ),
    "articles": (
        r"(?:(?:zeig|zeige|liste|nenne)(?: mir)? )?(?:alle |die |deine |eine liste der )*(?:artikel|dokumente"
        r"|dateien)(?: auf| an)?|welche (?:artikel|dokumente|quellen|dateien) (?:hast du|kennst du|gibt es"
        r"|sind (?:da|hier))",
        r"(?:montre(?:-moi)?|montrez(?:-moi)?|affiche|donne-moi|liste) (?:tous |les |des |tes "
        r"|la liste des )*(?:articles|documents|fichiers)|quels (?:articles|documents) (?:as-tu|avez-vous"
        r"|connais-tu|y a-t-il)|(?:muestra|muestrame|lista|ensename) (?:de |todos |los |tus )*(?:articulos"
        r"|documentos)|que (?:articulos|documentos) (?:tienes|hay|conoces)",
        r"(?:mostra|mostrami|elenca|lista|mostre) (?:tutti |gli |i |degli |todos |os |dos |me )*(?:articoli"
        r"|documenti|artigos|documentos)|(?:quali|che) (?:articoli|documenti) (?:hai|ci sono|conosci)|(?:que"
        r"|quais) (?:artigos|documentos) (?:tens|tem|voce tem|ha|conheces)|(?:toon|geef)(?: me)? (?:alle "
        r"|de )*(?:artikelen|documenten)|welke (?:artikelen|documenten) (?:heb je|ken je|zijn er)",
    ),
    "wrong": (
        r"(?:nein )?(?:das (?:ist|war) (?:leider |doch |aber )?(?:falsch|nicht richtig|nicht korrekt|quatsch)"
        r"|das stimmt (?:so |doch |aber )?nicht|stimmt nicht|falsch)",
        r"(?:non )?(?:c'est (?:faux|incorrect|pas vrai|pas ca|pas exact)|ce n'est pas (?:vrai|correct|exact"
        r"|juste|ca)|faux)|(?:no )?(?:eso |esto )?(?:no es (?:cierto|correcto|verdad|asi)|esta mal|es falso"
        r"|es incorrecto|incorrecto)",
        r"(?:no )?(?:e (?:sbagliato|falso)|non e (?:vero|corretto|giusto|cosi)|sbagliato)"
        r"|(?:nao )?(?:isso )?(?:esta errado|nao esta certo|nao e verdade|e falso|errado)"
        r"|(?:nee )?(?:dat )?(?:klopt niet|is (?:fout|onjuist|verkeerd|niet (?:juist|waar|goed)))",
    ),
    "sure": (
        rf"(?:{_BUT} )?(?:bist du (?:dir )?(?:da |dabei )?(?:ganz |wirklich )?sicher"
        rf"|sind sie (?:sich )?(?:da )?sicher|wirklich|echt|im ernst|tatsachlich|stimmt das(?: wirklich| auch)?"
        rf"|ist das (?:wirklich |auch |so )*(?:wahr|richtig|korrekt|so|sicher))",
        rf"(?:{_BUT} )?(?:(?:tu es|t'es|es-tu|etes-vous|vous etes) (?:vraiment )?surs?|vraiment|est-ce (?:vrai"
        rf"|exact|correct)|c'est (?:vrai|sur)(?: ca)?|c'est bien vrai|(?:estas|esta) segur[oa]|de verdad"
        rf"|en serio|(?:eso )?es (?:eso )?(?:cierto|verdad)|seguro que si)",
        rf"(?:{_BUT} )?(?:(?:ne )?sei sicur[oa]|davvero|sul serio|e (?:vero|sicuro|cosi)|(?:tens a|tem"
        rf"|voce tem) certeza|a serio|(?:isso )?e (?:mesmo )?verdade|(?:weet|ben) (?:je|jij) (?:het |dat "
        rf"|er )?zeker(?: van)?|is dat (?:echt )?(?:waar|zo|juist)|echt waar|klopt dat)",
    ),
    "source": (
        r"quellen?|beleg|nachweis|(?:was|welche) (?:ist|sind) die quellen?|wo steht das|wer sagt das"
        r"|woher (?:weisst du das|kommt das|hast du das|stammt das)|(?:aus )?welche[mr] artikel(?: ist das)?",
        r"(?:la |les |ta |quelle est (?:la|ta) |quelles sont (?:les|tes) )?sources?|d'ou (?:ca vient|vient (?:ca"
        r"|cela)|tiens-tu ca)|(?:ca|cela) vient d'ou|qui (?:dit|a dit) (?:ca|cela)|selon qui|quel article",
        r"(?:la |las |cual es la |cuales son las )?fuentes?|de donde (?:sale|viene|sacas|lo sacas)(?: eso"
        r"| esto)?|quien (?:lo )?dice(?: eso)?|segun quien|que articulo(?: lo dice)?",
        r"(?:la |le |a |as |qual e (?:la |a )?)?font[ei]s?|da dove viene|chi lo dice|secondo chi|quale articolo"
        r"|de onde (?:vem|tiraste)(?: isso)?|quem (?:diz|disse)(?: isso)?|que artigo|(?:de |wat is de )?bron"
        r"|bronnen|waar (?:staat|komt) (?:dat|dit)(?: vandaan)?|wie zegt dat|welk artikel",
    ),
    "more": (
        r"(?:noch )?mehr(?: dazu| davon| daruber)?|noch (?:etwas|was)(?: dazu)?|weiter|und (?:sonst|weiter)"
        r"|(?:(?:noch )?mehr|weitere) (?:details|infos|informationen|ergebnisse)(?: dazu)?"
        r"|erzahle?(?: mir)? (?:noch )?mehr(?: davon| daruber| dazu)?|(?:was|gibt es)(?: sonst)? noch(?: etwas"
        r"| was| mehr| dazu)*",
        r"encore|(?:encore )?plus(?: de details| d'infos| d'informations)?|dis-m'en plus|dites-m'en plus"
        r"|continue[zr]?|la suite|et (?:ensuite|apres)|quoi d'autre|autre chose|en savoir plus|mas(?: detalles"
        r"| informacion| info| sobre (?:eso|esto))?|dime mas|cuentame mas|(?:hay )?algo mas|que mas|sigue"
        r"|continua|y (?:luego|despues|que mas)",
        r"(?:dimmi )?di piu|ancora|altro|(?:qualcos|cos)'altro|(?:altri|piu) (?:dettagli|informazioni)"
        r"|mais(?: detalhes| informacoes| informacao| sobre isso)?|(?:diz|diga|conta)(?:-me| me)? mais|(?:tem "
        r"|ha )?(?:algo|alguma coisa) mais|o que mais|meer(?: details| informatie| hierover| daarover)?"
        r"|(?:vertel|zeg)(?: me)? (?:er )?meer(?: over)?|ga (?:verder|door)|nog (?:meer|iets)|wat nog(?: meer)?",
    ),
    "why": (
        rf"(?:{_BUT} )?(?:warum|wieso|weshalb)(?: das| nicht| denn| ist das so| war das so| eigentlich)*"
        rf"|aus welchem grund|(?:was (?:ist|war)|und) der grund(?: dafur)?",
        rf"(?:{_BUT} )?pourquoi(?: ca| cela| pas| donc)?|pour quelles? raisons?|comment (?:ca|cela) se fait"
        rf"|(?:{_BUT} )?por que(?: no| eso| asi| motivo| razao)?|a que se debe|cual (?:es|fue) (?:la razon"
        rf"|el motivo)",
        rf"(?:{_BUT} )?perche(?: no| mai)?|come mai|per quale (?:motivo|ragione)|(?:{_BUT} )?porque"
        rf"|(?:{_BUT} )?waarom(?: dat| niet| dan)?|hoezo|hoe komt dat",
    ),
    "summarise": (
        r"(?:fass|fasse|fassen sie)(?: mir| das| es| dies| den artikel| alles| bitte| kurz| mal)* zusammen"
        r"|(?:das|es|dies|den artikel)(?: kurz)? zusammenfassen|(?:eine )?(?:kurze )?zusammenfassung|kurzfassung"
        r"|kurz gesagt|worum geht es(?: da| hier| darin)?",
        r"(?:resume|resumer|resumez|resume-moi|resumelo|resumir|resumirlo|resuma)(?: ca| cela| cet article"
        r"| l'article| tout| moi| esto| eso| lo| el articulo| isto| isso| o artigo)*|(?:un |le "
        r"|fais-moi un )?(?:bref )?resume|en (?:bref|resume|resumen|breve)|(?:un |hazme un )?resumen"
        r"|de quoi (?:ca parle|parle l'article)|de que (?:trata|va)(?: esto| eso)?",
        r"(?:riassumi|riassumere|riassumilo)(?: questo| tutto| l'articolo)?|(?:un |fammi un )?riassunto"
        r"|in (?:breve|sintesi)|(?:um |faz um |faca um )?resumo|em resumo|(?:vat|kun je)(?: dit| dat| het"
        r"| het artikel)(?: even| kort)* (?:samen|samenvatten)|(?:een )?(?:korte )?samenvatting|kort gezegd",
    ),
    "small_talk": (
        r"wie geht(?:'?s| es)?(?: dir| ihnen| euch)?(?: so| heute)*|(?:was|wie) geht(?: ab)?"
        r"|alles gut(?: bei dir)?|wie spat ist es|wie (?:ist|wird) das wetter(?: heute| morgen)?|erzahle?(?: mir"
        r"| uns)? (?:einen|nen) witz|bis (?:spater|morgen|dann|bald)|mach'?s gut|schonen? (?:tag|abend"
        r"|feierabend|wochenende)(?: noch)?",
        r"(?:comment )?ca va(?: bien)?|comment (?:vas-tu|allez-vous|tu vas)|quelle heure est-il"
        r"|quel temps fait-il|raconte(?:-moi)? une blague|a (?:bientot|demain|plus tard)|bonne (?:journee|soiree"
        r"|nuit)|que tal(?: estas)?|como (?:estas|esta usted|te va|andas)|que hora es|cuentame un chiste"
        r"|hasta (?:luego|manana|pronto)|buen dia",
        r"come (?:stai|va|sta)|tutto bene|che ore sono|raccontami una barzelletta|arrivederci|a (?:presto"
        r"|domani)|buona (?:giornata|serata|notte)|tudo bem(?: contigo| com voce)?|como (?:vai|vais|estas voce)"
        r"|que horas sao|ate (?:logo|amanha|ja)|tchau|hoe gaat het(?: met (?:je|jou))?|alles goed"
        r"|hoe laat is het|tot (?:ziens|morgen|later|straks)|doei|vertel een mop",
    ),
    "insult": (
        r"(?:du bist |so ein )?(?:einfach |echt |so |total )*(?:dumm|doof|blod|nutzlos|unfahig|idiot)(?:er bot)?"
        r"|(?:tu es |t'es )?(?:vraiment |trop )?(?:nul|stupide|inutile|bete|debile)|eres (?:muy )?(?:tont[oa]"
        r"|inutil|estupid[oa]|idiota)|sei (?:proprio )?(?:stupido|inutile|scemo)|(?:es"
        r"|voce e) (?:muito )?(?:burro|inutil|idiota)|je bent (?:echt )?(?:dom|nutteloos|waardeloos)|scheisse"
        r"|merde|mierda|merda|idiota",
    ),
    "helped": (
        r"(?:danke )?das (?:hilft|hat geholfen|war hilfreich|reicht)(?: mir| sehr| weiter| schon)*"
        r"|(?:sehr )?hilfreich|gut gemacht|genau (?:das|was ich brauchte)",
        r"(?:ca|cela) (?:m'aide|aide)(?: beaucoup)?|(?:c'est )?tres utile|bien joue|(?:eso "
        r"|esto )?me ayuda(?: mucho)?|muy util|bien hecho|molto utile|ben fatto|(?:isso )?ajuda(?: muito)?"
        r"|muito util|bem feito|(?:dat |dit )?helpt(?: me)?(?: erg)?|heel (?:nuttig|handig)|goed gedaan",
    ),
    "thanks": (
        r"(?:ok |okay |gut |super |alles klar |ja |prima |perfekt |parfait |perfecto |perfetto |muchas |mille "
        r"|muito |tante )*(?:(?:vielen |besten |herzlichen |tausend )?dank|danke|merci|gracias|grazie"
        r"|obrigad[oa]|bedankt|dank (?:je|u)|dankjewel)(?: (?:dir|ihnen|euch|sehr|schon|vielmals|beaucoup|bien"
        r"|mille|muchas|tante|muito|wel|hoor|fur (?:die|deine) (?:hilfe|antwort)|pour (?:ton|votre) aide"
        r"|por (?:tu|la) (?:ayuda|respuesta)|por todo|das hilft(?: mir)?))*",
    ),
    "hello": (
        r"(?:hallo|hi|hey|bonjour|salut|hola|buenas|ciao|ola|oi|hoi|goedemiddag|goedenavond|guten (?:tag|morgen"
        r"|abend)|gut(?:en)? (?:morgen|abend)|moin moin)(?: (?:zusammen|an alle|tous|amigo|bot|topicbot|du))*",
    ),
    "yes": (
        r"(?:ja|oui|si|sim)(?: (?:bitte|gern|gerne|danke|merci|gracias|grazie|obrigad[oa]|graag|klar|mach(?:'s"
        r"| das)?|bien sur|claro|certo|volontiers))+|gern|klar|sicher|mach (?:das|mal)|volontiers|por supuesto"
        r"|vale si|certo|volentieri|com certeza|zeker|graag|natuurlijk",
    ),
    "no": (
        r"(?:nein|non|no|nao|nee)(?: (?:danke|merci|gracias|grazie|obrigad[oa]|bedankt|dank je|lieber nicht"
        r"|nicht notig))+|nicht notig|keine ahnung|weiss (?:ich )?nicht|je ne sais pas|no (?:lo )?se"
        r"|non (?:lo )?so|nao sei|geen idee|lass (?:mal|es)|lieber nicht|pas la peine|laisse tomber"
        r"|no hace falta|lascia stare|nao precisa|hoeft niet|laat maar",
    ),
    "agreement": (
        r"(?:(?:ok|okay|gut|sehr gut|super|prima|toll|klasse|cool|verstanden|alles klar|klar|passt|interessant"
        r"|spannend|schon|ach so|achso|aha|ah|oh|wow|stimmt|genau|richtig|wunderbar|perfekt|krass|schade|na gut"
        r"|das ist (?:gut|interessant|toll|super|spannend|krass))\s?)+",
        r"(?:(?:bien|tres bien|parfait|compris|entendu|interessant|genial|ca marche|d'accord|exactement|dommage"
        r"|c'est (?:bien|genial|interessant|super|note)|bueno|muy bien|entendido|perfecto|interesante|de acuerdo"
        r"|exacto|vale|que (?:bien|interesante|pena))\s?)+",
        r"(?:(?:va bene|bene|benissimo|perfetto|capito|interessante|d'accordo|esatto|peccato|muito bem|entendi"
        r"|perfeito|combinado|certo|goed|mooi|begrepen|duidelijk|oke|precies|jammer|leuk)\s?)+",
        rf"{_OK}{_I}*{_DO} (?:dann|ich|wir|es|das|le|lo|ik|het) .{{1,80}}|{_OK}{_I}+{_DO} .{{1,80}}",
    ),
}
"""For each act the patterns of its messages, as in `phrases`."""

_WORDS = (
    r"(?:wer|wen|wem|wessen|was|wann|wo|woher|wohin|wie|wieso|weshalb|warum|welche[rsnm]?|womit|wofur|wodurch"
    r"|woruber|worum|woran|worauf|wovon|wieviele?|qui|que|quoi|quels?|quelles?|quand|ou|comment|pourquoi|combien"
    r"|lequel|laquelle|lesquels|est-ce|qu'est-ce|qu'[a-z]+|d'ou|y a-t-il|quien|quienes|cual|cuales|cuando|donde"
    r"|adonde|como|cuant[oa]s?|por que|para que|chi|che|cosa|quando|dove|perche|come(?= (?:si|sta|e|ha|hanno|va"
    r"|fa|fanno|sono|puo|viene|funziona|mai))|quant[oaie]|quali|quale|qual|cos'e|c'e|quem|quais|onde|quantos"
    r"|quantas|porque|o que|wat|wanneer|waar|waarom|waarin|waarmee|hoe|hoeveel|welke?|wiens)"
)
_VERBS = (
    r"(?:ist|sind|war|waren|hat|haben|hatte|wird|werden|wurde|wurden|kann|konnen|konnte|soll|sollen|muss|mussen"
    r"|darf|gibt|gab|stimmt|[a-z]+-t-(?:il|elle|on)|(?:est|sont|ont|peut|doit|etait|avait)-(?:il|elle|ce|ils"
    r"|elles|on)|hay|heeft|hebben|kan|kunnen|zal|wordt|werd|werden|was|waren|zijn)"
)

_WITH = (
    r"(?:a|an|ab|aus|auf|bei|bis|de|en|seit|von|zu|mit|fur|in|um|pour|par|sur|con|desde|da|di|per|com|naar|op"
    r"|uit|voor)"
)

QUESTION = rf"^(?:{_BUT}\s+)*(?:{_WITH}\s+)?(?:{_WORDS}|{_VERBS})(?!\S)"
"""How a question begins: with a question word, perhaps after a preposition, or with its verb."""

CORRECTION = (
    r"^(?:(?:nein|non|no|não|nee|doch|pardon|perdón|scusa|desculpa|sorry|entschuldigung|ach|ah"
    r"|oh)\b[\s,:.!–-]*)*(?:(?:ich meinte?|gemeint war|je (?:voulais dire|veux dire|voulais parler de|parlais de"
    r"|parle de)|me ref(?:er[ií]a|iero) a|(?:quer[ií]a|quise|quiero) decir|intendevo|volevo dire|mi riferivo a"
    r"|(?:eu )?(?:quis|queria) dizer|(?:eu )?referia-me a|ik bedoel(?:de)?)\s+(?P<meant>[^?]+?)(?:,?\s+(?:(?:und"
    r"|et|y|e|en)\s+)?(?:nicht|pas|no|non|não|niet)\s+(?P<instead>[^?]+))?|(?:nicht|pas|no|non|não"
    r"|niet)\s+(?P<wrong>[^,?]+?)\s*,?\s+(?:sondern|mais|sino|ma|mas|maar)\s+(?P<right>[^?,]+))[\s.!]*$"
)
"""How a name is corrected, in a text with its accents and punctuation."""
