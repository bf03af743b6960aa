"""The project's random numbers in Python (ext/num/random.c: Philox2x64-10, Salmon and others 2011; bounded integers by Lemire 2019), so that a test can repeat a draw."""
WORD = 2**64


class Stream:
    def __init__(self, seed, stream):
        self.seed, self.stream, self.index = seed, stream, 0

    def bits(self):
        left, right = self.index, self.stream
        for number in range(10):
            product = 0xD2B74407B1CE6E93 * left
            left, right = (product // WORD) ^ ((self.seed + number * 0x9E3779B97F4A7C15) % WORD) ^ right, product % WORD
        self.index += 1
        return left

    def below(self, limit):
        while True:
            high, low = divmod(self.bits() * limit, WORD)
            if low >= WORD % limit:
                return high

    def shuffled(self, items):
        items = list(items)
        for last in range(len(items) - 1, 0, -1):
            other = self.below(last + 1)
            items[last], items[other] = items[other], items[last]
        return items
