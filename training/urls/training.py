"""Courses, exams and completed training."""

from django.urls import path

from ..views import completions, courses, exams, my_training, rosters

urlpatterns = [
    path("mine/", my_training.my_training, name="my_training"),
    path("courses/", courses.list_courses, name="list_courses"),
    path("courses/add/", courses.add_course, name="add_course"),
    path("courses/<uuid:pk>/", courses.view_course, name="view_course"),
    path("courses/<uuid:pk>/edit/", courses.edit_course, name="edit_course"),
    path("courses/<uuid:pk>/version/", courses.add_version, name="add_version"),
    path("courses/<uuid:pk>/approve/", courses.approve_course, name="approve_course"),
    path("courses/<uuid:pk>/end/", courses.end_course, name="end_course"),
    path("courses/<uuid:pk>/exam/", exams.start_exam, name="start_exam"),
    path("exams/<uuid:pk>/", exams.take_exam, name="take_exam"),
    path("exams/<uuid:pk>/result/", exams.view_attempt, name="view_attempt"),
    path("questions/", courses.list_questions, name="list_questions"),
    path("questions/add/", courses.add_question, name="add_question"),
    path("questions/<uuid:pk>/edit/", courses.edit_question, name="edit_question"),
    path("completions/", completions.list_completions, name="list_completions"),
    path("completions/enter/", completions.enter_completion, name="enter_completion"),
    path("completions/<uuid:pk>/", completions.view_completion, name="view_completion"),
    path("completions/<uuid:pk>/evidence/", completions.view_evidence, name="view_evidence"),
    path("completions/<uuid:pk>/correct/", completions.correct_completion, name="correct_completion"),
    path("rosters/", rosters.load_roster, name="load_roster"),
    path("rosters/<uuid:pk>/", rosters.view_roster, name="view_roster"),
    path("rosters/<uuid:pk>/apply/", rosters.apply_roster, name="apply_roster"),
]
