"""What people ask everywhere: from such questions a retriever learns what all texts have in common.

The scores of text embeddings crowd together, because every sentence has a large part in common with every other. With
the mean of these taken away, what is left tells sentences apart, and one threshold serves all servers.
"""

ENGLISH = (
    "What is the largest ocean?",
    "How do I change a tyre?",
    "Tell me a story about a dragon",
    "Who invented the telephone?",
    "What is the square root of 144?",
    "How does a fridge work?",
    "Write a poem about autumn",
    "What is recursion?",
    "Can you help me with my homework?",
    "What time is it in Tokyo?",
    "Why do leaves change colour?",
    "How do I make pancakes?",
    "What is the population of India?",
    "Who discovered penicillin?",
    "How do I sort a dictionary by value?",
    "What is a good name for a cat?",
    "Explain gravity to a child",
    "How many continents are there?",
    "What is the plural of mouse?",
    "good night everyone",
)

RUSSIAN = (
    "Какой океан самый большой?",
    "Как поменять колесо?",
    "Расскажи сказку про дракона",
    "Кто изобрёл телефон?",
    "Чему равен корень из 144?",
    "Как работает холодильник?",
    "Напиши стих про осень",
    "Что такое рекурсия?",
    "Помоги с домашним заданием",
    "Который час в Токио?",
    "Почему листья меняют цвет?",
    "Как сделать блины?",
    "Сколько людей живёт в Индии?",
    "Кто открыл пенициллин?",
    "Как отсортировать словарь по значению?",
    "Как назвать кота?",
    "Объясни гравитацию ребёнку",
    "Сколько всего континентов?",
    "Сколько дней в високосном году?",
    "всем спокойной ночи",
)

EVERYDAY = (*ENGLISH, *RUSSIAN)
