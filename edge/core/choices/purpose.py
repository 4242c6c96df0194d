"""The purpose of a session, and whether it allows emotions to be computed."""

from enum import StrEnum


class Purpose(StrEnum):
    """Why a session is recorded."""

    PRACTICE = "practice"  # participants rehearse and see their own figures
    RESEARCH = "research"
    ASSESSMENT = "assessment"  # participants are judged by others: candidates, employees, pupils

    @property
    def reads_emotions(self) -> bool:
        """Whether emotions may be computed.

        The European Union prohibits inferring emotions at work and in education: Regulation (EU) 2024/1689,
        Article 5(1)(f), in force since 2025-02-02.
        """
        return self is not Purpose.ASSESSMENT
