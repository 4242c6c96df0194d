"""What a session is for, and what follows from it: where people are assessed, emotions are not computed at all."""

from enum import StrEnum


class Purpose(StrEnum):
    """Why somebody is watched."""

    PRACTICE = "practice"  # people rehearse, and see their own figures
    RESEARCH = "research"
    ASSESSMENT = "assessment"  # somebody else will judge them: candidates, employees, pupils

    @property
    def reads_emotions(self) -> bool:
        """Whether emotions may be computed.

        The European Union prohibits inferring those of people at work and in education: Regulation (EU) 2024/1689,
        Article 5(1)(f), in force since 2025-02-02.
        """
        return self is not Purpose.ASSESSMENT
